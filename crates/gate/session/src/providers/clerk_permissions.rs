//! Clerk packs an organization's permissions into bits: features, permission names, and for each feature which of the
//! names apply.

use serde_json::Value;

use crate::strict_json::Object;

/// Unpacks `fea` of the claims, with `per` and `fpm` of the organization, to `org:<feature>:<permission>`.
pub(super) fn permissions(features: &str, organization: &Object) -> Vec<String> {
    let list = |name: &str| organization.get(name).and_then(Value::as_str).unwrap_or_default();
    let names: Vec<&str> = list("per").split(',').filter(|name| !name.is_empty()).collect();
    let masks = list("fpm")
        .split(',')
        .map(|mask| mask.trim().parse::<u64>().unwrap_or(0));
    // Masks count the organization's features only; a user's own features have none.
    features
        .split(',')
        .filter_map(|feature| feature.trim().split_once(':'))
        .filter(|(scope, _)| scope.contains('o'))
        .zip(masks)
        .flat_map(|((_, feature), mask)| {
            names
                .iter()
                .enumerate()
                .filter(move |(bit, _)| {
                    u32::try_from(*bit).is_ok_and(|bit| mask.checked_shr(bit).unwrap_or(0) & 1 == 1)
                })
                .map(move |(_, name)| format!("org:{feature}:{name}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::permissions;

    #[test]
    fn bits_select_names() {
        let organization = json!({"per": "read,manage", "fpm": "3,2"});
        assert_eq!(
            permissions("o:tasks,u:own,uo:billing", organization.as_object().unwrap()),
            ["org:tasks:read", "org:tasks:manage", "org:billing:manage"]
        );
    }

    #[test]
    fn broken_masks_grant_nothing() {
        for mask in ["x", "", "-1", "99999999999999999999999"] {
            let organization = json!({"per": "read", "fpm": mask});
            assert!(
                permissions("o:tasks", organization.as_object().unwrap()).is_empty(),
                "{mask}"
            );
        }
    }
}
