//! Attributes that programs outside attach to hosts (spec 02, 2.15 and spec 04, section 11).

use crate::{
    config::compile_pattern,
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
        wire,
    },
    journal::command::Command,
};

/// `host-attribute/:host/:attrName/:attrValue`
pub(in crate::http) async fn set(call: &Call) -> Outcome {
    let command = Command::SetHostAttribute {
        host: call.param("host").to_owned(),
        name: call.param("attrName").to_owned(),
        value: call.param("attrValue").to_owned(),
        at: call.now,
    };
    call.record(command, None).await?;
    Reply::bare(&true)
}

/// `host-attribute/attr/:attrName?valueMatch=`
pub(in crate::http) async fn list(call: &Call) -> Outcome {
    let pattern = compile_pattern(call.query.get("valueMatch"))
        .map_err(|error| Refusal::new(format!("valueMatch is no regular expression: {error}")))?;
    let name = call.param("attrName");
    Reply::bare(&wire::host_attributes(&call.view.facts, name, |value| pattern.is_match(value)))
}
