//! Switches in the environment: which way they are taken to stand.

use crate::support::check;

#[test]
fn switches() {
    check(
        r"
=== proven: a switch that turns the check off is taken to be off
const session = await auth();
if (!process.env.SKIP_AUTH && !session) return;
await remove(input);
=== absent: a switch that turns the check on may be off
const session = await auth();
if (process.env.ENABLE_AUTH && !session) return;
await remove(input);
=== proven: production
const session = await auth();
if (process.env.NODE_ENV === 'production' && !session) return;
await remove(input);
=== gap not-needed/absent: an effect behind a switch that is taken to be off
// Switches that speak of demos, tests or debugging are taken to be off, also where they turn on more than a check.
if (process.env.DEMO_MODE) await remove(input);
=== gap not-needed/absent: a variable whose name only contains the word of a switch
// The words of switches are looked for anywhere in the name: `LATEST` contains `TEST`.
if (process.env.LATEST_URL) await remove(input);
=== gap proven/absent: a check that only runs where an address is set
// Variables that are no switches are taken to be set.
const session = await auth();
if (process.env.AUTH_URL && !session) return;
await remove(input);
=== gap not-needed/absent: an effect where an address is missing
// Variables that are no switches are taken to be set.
if (!process.env.QUEUE_URL) await remove(input);
",
    );
}
