//! `cargo xtask mutate`: is the scan sensitive? In code that it calls careful, one protection is taken away at a time, by
//! construction and from the syntax tree; each such mutant must become a finding. Harmless rewrites must change nothing.
//!
//! What counts as a protection is decided here by names and by the tree, never by the scan, which is what is measured;
//! of the scan only the states before and after are taken. Nothing of a scanned project is changed: a copy is.

mod graph;
mod harmless;
mod mutant;
mod project;
mod roles;
mod rounds;
mod sites;
mod syntax;
mod table;
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use portcullis_model::{FileId, Protection};

use graph::{Graph, Node};
use mutant::{Class, Mutant, Site};
use project::{Answers, Copy, Door};
use rounds::Result as Judged;
use sites::Source;

/// What the command line asks for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    trees: Vec<PathBuf>,
    verbose: bool,
    /// One mutant a scan, instead of as many as cannot touch each other.
    alone: bool,
    class: Option<Class>,
    /// How many mutants of a class in one project.
    limit: Option<usize>,
}

const USAGE: &str = "usage: cargo xtask mutate [TREE]... [--verbose] [--alone] [--class NAME] [--limit COUNT]";

impl Options {
    /// Reads the arguments.
    pub(crate) fn read(arguments: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match *argument {
                "--verbose" => options.verbose = true,
                "--alone" => options.alone = true,
                "--class" => {
                    let name = arguments.next().copied().unwrap_or_default();
                    let Some(class) = Class::ALL.into_iter().find(|class| class.name() == name) else {
                        bail!(
                            "no class `{name}`; there are {}",
                            Class::ALL.map(Class::name).join(", ")
                        );
                    };
                    options.class = Some(class);
                }
                "--limit" => options.limit = Some(arguments.next().copied().unwrap_or_default().parse()?),
                option if option.starts_with('-') => bail!("no option `{option}`\n\n{USAGE}"),
                tree => options.trees.push(PathBuf::from(tree)),
            }
        }
        Ok(options)
    }
}

/// How many of a class must be found, of a hundred.
const TARGET: usize = 95;

/// Mutates the careful half of the example, or the projects that are named. Whether every class reaches the target.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let mut all = Vec::new();
    if options.trees.is_empty() {
        all.extend(measure(&root.join("examples/acme-next"), "app/careful/", options)?);
    }
    for tree in &options.trees {
        match measure(tree, "", options) {
            Ok(found) => {
                eprintln!("{}: {} mutants", tree.display(), found.len());
                all.extend(found);
            }
            Err(error) => eprintln!("{}: left out: {error:#}", tree.display()),
        }
    }
    if options.verbose {
        table::print_misses(&all);
    }
    table::print(&all);
    Ok(table::reaches(&all, TARGET))
}

/// Every mutant of one project, judged at the endpoints whose name begins with `prefix`.
fn measure(tree: &Path, prefix: &str, options: &Options) -> Result<Vec<Judged>> {
    let copy = Copy::of(tree)?;
    let (before, doors) = copy.scan()?;
    let graph = Graph::of(&copy.project);
    let reached = Reached::of(&graph, &doors, prefix);
    let mut mutants: Vec<Mutant> = Vec::new();
    for (file, sites) in reached
        .files(&graph)
        .into_iter()
        .map(|id| (id, sites_of(&copy, &graph, id)))
    {
        for site in sites {
            if options.class.is_none_or(|class| class == site.class) {
                mutants.extend(reached.mutant(&graph, file, site, &before));
            }
        }
    }
    if let Some(limit) = options.limit {
        let mut counts: BTreeMap<Class, usize> = BTreeMap::new();
        mutants.retain(|mutant| {
            let count = counts.entry(mutant.site.class).or_default();
            *count += 1;
            *count <= limit
        });
    }
    rounds::judge(&copy, &before, mutants, options.alone)
}

fn sites_of(copy: &Copy, graph: &Graph, id: FileId) -> Vec<Site> {
    let (Some(file), Some(known)) = (copy.project.file(id), graph.files.get(&id)) else {
        return Vec::new();
    };
    let found = syntax::with_tree(&file.path, &file.text, |program, scoping| {
        let doors = if known.is_server {
            sites::direct_functions(program)
        } else {
            Vec::new()
        };
        let roles = roles::Roles::of(program, scoping, &|span| doors.contains(&span));
        let uses = uses::of(program, scoping);
        let source = Source {
            path: &file.path,
            text: &file.text,
            scoping,
            roles: &roles,
            doors: &doors,
            uses: &uses,
        };
        let mut sites = sites::find(&source, program);
        sites.extend(harmless::find(&source, program, known.is_server));
        sites
    });
    found.unwrap_or_default()
}

/// What each endpoint can get to.
struct Reached<'scan> {
    doors: Vec<(&'scan Door, Node, BTreeSet<Node>)>,
    prefix: &'scan str,
}

impl<'scan> Reached<'scan> {
    fn of(graph: &Graph, doors: &'scan [Door], prefix: &'scan str) -> Self {
        let known = doors.iter().filter_map(|door| {
            let node = graph.node_of(door)?;
            Some((door, node, graph.reached_from(node)))
        });
        Self {
            doors: known.collect(),
            prefix,
        }
    }

    /// The files that an endpoint which is judged gets to.
    fn files(&self, graph: &Graph) -> BTreeSet<FileId> {
        let judged = self
            .doors
            .iter()
            .filter(|(door, ..)| door.name.starts_with(self.prefix));
        let files: BTreeSet<FileId> = judged
            .flat_map(|(_, _, nodes)| nodes.iter().map(|(file, _)| *file))
            .collect();
        files
            .into_iter()
            .filter(|file| graph.files.contains_key(file))
            .collect()
    }

    /// A site, if an endpoint has what it takes away.
    fn mutant(&self, graph: &Graph, id: FileId, site: Site, before: &Answers) -> Option<Mutant> {
        let file = graph.files.get(&id)?;
        let own: BTreeSet<Node> = (0_usize..)
            .zip(&file.declarations)
            .filter(|(_, one)| site.whole_file || (one.span.0 <= site.at && site.at < one.span.1))
            .map(|(position, _)| (id, position))
            .collect();
        let names = |node: &Node| file.declarations.get(node.1).map(|one| one.name.as_str());
        let touching: Vec<&(&Door, Node, BTreeSet<Node>)> = self
            .doors
            .iter()
            .filter(|(_, _, nodes)| !nodes.is_disjoint(&own))
            .collect();
        let touched = touching.iter().map(|(door, ..)| door.name.clone()).collect();
        let has = |door: &Door, protection: Protection| {
            let expected = mutant::rules(protection);
            let rules = before.rules(&door.name);
            before.state(&door.name, protection) == "proven" && !expected.iter().any(|rule| rules.contains(rule))
        };
        let judged: BTreeSet<String> = touching
            .iter()
            .filter(|(door, node, _)| {
                let outermost = own.contains(node)
                    || door
                        .wrapper
                        .as_deref()
                        .is_some_and(|wrapper| own.iter().any(|node| names(node) == Some(wrapper)));
                let asked = site
                    .protection
                    .is_none_or(|protection| door.is_module && has(door, protection));
                door.name.starts_with(self.prefix) && asked && (outermost || !site.only_outermost)
            })
            .map(|(door, ..)| door.name.clone())
            .collect();
        (!judged.is_empty()).then_some(Mutant { site, touched, judged })
    }
}

#[cfg(test)]
mod tests;
