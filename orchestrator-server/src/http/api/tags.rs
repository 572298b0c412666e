//! Tags of servers, and which servers have them (spec 04, section 10).

use shared::{
    InstanceKey,
    tag::{Tag, TagError},
    wire::Key,
};

use crate::{
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
    },
    journal::command::Command,
};

impl From<TagError> for Refusal {
    fn from(error: TagError) -> Self {
        Self::new(error.to_string())
    }
}

/// The tag of `?tag=`, else of `:tagName` and `:tagValue`.
fn given(call: &Call) -> Result<Tag, TagError> {
    match call.query.get("tag") {
        "" => Tag::new(call.param("tagName"), call.params.find("tagValue")),
        text => text.parse(),
    }
}

/// `tag/:host/:port?tag=`, `tag/:host/:port/:tagName/:tagValue`
pub(in crate::http) async fn put(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    // A sign of negation means nothing here.
    let tag = given(call)?;
    let audit = call.audit("put-instance-tag", Some(&key), tag.to_string());
    let command = Command::PutTag {
        key: key.clone(),
        name: tag.name.clone(),
        value: tag.stored_value().to_owned(),
    };
    call.record(command, Some(audit)).await?;
    Reply::ok(format!("{key} tagged with {tag}"), &Key::from(&key))
}

/// `untag/:host/:port?tag=`, `untag/:host/:port/:tagName`
pub(in crate::http) async fn remove(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    take_away(call, Some(key), given(call)?).await
}

/// `untag-all?tag=`, `untag-all/:tagName/:tagValue`
pub(in crate::http) async fn remove_everywhere(call: &Call) -> Outcome {
    let tag = given(call)?;
    if tag.value.is_none() && !tag.negated {
        return Err(Refusal::new(
            "Untag: either indicate an instance or a tag value. \
             Will not delete on-valued tag across instances",
        ));
    }
    take_away(call, None, tag).await
}

async fn take_away(call: &Call, key: Option<InstanceKey>, tag: Tag) -> Outcome {
    if tag.negated {
        return Err(Refusal::new("Untag: does not support negation"));
    }
    let Tag { name, value, .. } = &tag;
    let found = call.view.facts.tagged_with(key.as_ref(), name, value.as_deref());
    let command = Command::Untag { key, name: name.clone(), value: value.clone() };
    call.record(command, None).await?;
    for key in &found {
        call.note(call.audit("delete-instance-tag", Some(key), name.as_str())).await;
    }
    let message = format!("{name} removed from {} instances", found.len());
    Reply::ok(message, &on_wire(&found))
}

/// `tags/:host/:port`
pub(in crate::http) async fn list(call: &Call) -> Outcome {
    let key = call.key().await?;
    let tags = call.view.facts.tags_of(&key).into_iter().flatten();
    let texts: Vec<String> = tags.map(|(name, value)| format!("{name}={value}")).collect();
    Reply::bare(&texts)
}

/// `tag-value/:host/:port?tag=`, `tag-value/:host/:port/:tagName`
pub(in crate::http) async fn value(call: &Call) -> Outcome {
    let key = call.key().await?;
    let name = given(call)?.name;
    let value = call.view.facts.tags_of(&key).and_then(|tags| tags.get(&name));
    let value = value.ok_or_else(|| Refusal::new(format!("tag {name} not found for {key}")))?;
    Reply::bare(value)
}

/// `tagged?tag=`
pub(in crate::http) async fn tagged(call: &Call) -> Outcome {
    Reply::bare(&on_wire(&matching(call)?))
}

/// `tagged/:host/:port?tag=`: the server, if the conditions hold for it
pub(in crate::http) async fn is_tagged(call: &Call) -> Outcome {
    let key = call.key().await?;
    let mut found = matching(call)?;
    found.retain(|tagged| *tagged == key);
    Reply::bare(&on_wire(&found))
}

/// The servers for which every condition of `?tag=` holds. Servers without any tag take no part.
fn matching(call: &Call) -> Result<Vec<InstanceKey>, Refusal> {
    let conditions = Tag::parse_list(call.query.get("tag"))?;
    let tagged = call.view.facts.tags.iter();
    let holds = tagged.filter(|(_, tags)| conditions.iter().all(|c| c.selects(tags)));
    Ok(holds.map(|(key, _)| key.clone()).collect())
}

fn on_wire(keys: &[InstanceKey]) -> Vec<Key> {
    keys.iter().map(Key::from).collect()
}
