//! Runs one command of `-c`: what it asks, of whom, and what it prints.

use std::{fmt::Display, io::Write};

use anyhow::{Context, anyhow, bail};
use shared::{
    InstanceKey,
    commands::{Field, template},
    url::encode,
};

use super::{
    api::{Answer, Api, not_available},
    combined,
    commands::{self, Before, Call, Command, Effect, Own},
    flags::Flags,
    help,
    print::{self, Asked, Print},
};
use crate::{
    config::{Config, ConfigHandle, Secrets},
    http::local::Question,
    import::{self, Source},
    serve::{self, Unasked},
};

/// Where a command writes: answers, and notes for people.
pub struct Outlet<'a> {
    /// Standard output.
    pub answers: &'a mut dyn Write,
    /// Standard error.
    pub notes: &'a mut dyn Write,
}

impl Outlet<'_> {
    fn answer(&mut self, text: &str) -> anyhow::Result<()> {
        self.answers.write_all(text.as_bytes()).context("cannot print")
    }

    fn note(&mut self, text: impl Display) {
        // Nobody is left to be told.
        let _ = writeln!(self.notes, "orchestrator: {text}");
    }
}

/// Runs the command that `-c` names.
///
/// # Errors
/// Why it was not done.
pub fn run(flags: &Flags, outlet: &mut Outlet<'_>) -> anyhow::Result<()> {
    let name = match flags.command.as_deref().unwrap_or_default() {
        // No name is as good as taking it away.
        "register-hostname-unresolve" if flags.hostname.is_empty() => {
            "deregister-hostname-unresolve"
        }
        name => name,
    };
    let command = commands::find(name).ok_or_else(|| {
        anyhow!("Unknown command: {name:?}; orchestrator help lists the available commands")
    })?;
    if command.call == Call::Own(Own::Help) {
        return outlet.notes.write_all(help::listing().as_bytes()).context("cannot print");
    }
    let config = serve::configuration(flags, Unasked::Error)?;
    let current = config.current();
    if command.call == Call::Own(Own::DumpConfig) {
        return outlet.answer(&format!("{}\n", current.raw.dump(Secrets::Mask)));
    }
    refuse_beside_raft(&current, flags)?;
    if !command.is_available() {
        return Err(not_available(command.name));
    }
    if command.call == Call::Own(Own::Continuous) {
        return serve::serve_without_api(flags, config);
    }
    if command.name.starts_with("topology") && !flags.pattern.is_empty() {
        bail!("topologies of the past (-pattern) cannot be drawn in this version yet");
    }
    let runs = runs(command, flags, &current)?;
    if flags.noop && matches!(command.effect, Effect::Hint | Effect::Change) {
        let path = |run: &Run<'_>| run.path(command.path());
        let plan = runs.iter().map(path).collect::<Result<Vec<_>, _>>()?;
        return plan.iter().try_for_each(|path| {
            outlet.answer(&format!("noop: {} would call {path}\n", command.name))
        });
    }
    serve::runtime()?.block_on(all(command, &runs, config, outlet))
}

/// Takes over the state of the Go program.
///
/// # Errors
/// Why nothing was taken over.
pub fn import(flags: &Flags, outlet: &mut Outlet<'_>) -> anyhow::Result<()> {
    let source = Source::parse(&flags.from, |name| std::env::var(name).ok())?;
    let config = serve::configuration(flags, Unasked::Error)?;
    let file = serve::embedded_file(&config.current())?;
    // A provider installed before would be this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let report = serve::runtime()?.block_on(import::import(&file, &source))?;
    outlet.answer(&report.to_string())
}

/// In a raft cluster only the leader may change things, and only it knows all of them.
fn refuse_beside_raft(config: &Config, flags: &Flags) -> anyhow::Result<()> {
    if config.raft.is_some() && !flags.ignore_raft_setup {
        bail!(
            "RaftEnabled is true: all access must go through the API of the active node; use \
             orchestrator-client, or override with --ignore-raft-setup"
        );
    }
    Ok(())
}

async fn all(
    command: &Command,
    runs: &[Run<'_>],
    config: ConfigHandle,
    outlet: &mut Outlet<'_>,
) -> anyhow::Result<()> {
    let api = Api::reach(config).await?;
    let mut outcome = Ok(());
    for run in runs {
        outcome = one(&api, command, run, outlet).await;
        if outcome.is_err() {
            break;
        }
    }
    // Whatever went wrong: what was done before is written.
    api.close().await;
    outcome
}

async fn one(
    api: &Api,
    command: &Command,
    run: &Run<'_>,
    outlet: &mut Outlet<'_>,
) -> anyhow::Result<()> {
    match command.call {
        Call::Own(Own::RedeployInternalDb) => return outlet.answer("Redeployed internal db\n"),
        Call::Own(Own::ClusterPools) => {
            return outlet.answer(&combined::cluster_pools(api, &run.owner).await?);
        }
        Call::Own(own @ (Own::DomainInstance | Own::SetDomainInstance)) => {
            let path = run.path(command.path())?;
            let set = own == Own::SetDomainInstance;
            let key = combined::domain_instance(api, &run.owner, &path, set).await?;
            return outlet.answer(&format!("{key}\n"));
        }
        _ => {}
    }
    let run = &prepared(api, command, run).await?;
    let path = run.path(command.path())?;
    let answer = api.ask(&run.question(command, &path)).await?;
    match (&answer, command.print) {
        // Nothing was wrong, so nothing was done.
        (Answer::Refused(why), Print::Recovered) if why.starts_with("Recovery not attempted") => {
            outlet.note(why);
            return Ok(());
        }
        (Answer::Refused(_), Print::DestinationIfSo) => return Ok(()),
        _ => {}
    }
    let payload = answer.payload(command.name)?;
    let lines = print::render(command.print, &payload, run.asked()).map_err(|why| anyhow!(why))?;
    outlet.answer(&lines)
}

/// What has to be true before; the instance goes by the name under which it is known from then on.
async fn prepared<'a>(api: &Api, command: &Command, run: &Run<'a>) -> anyhow::Result<Run<'a>> {
    let mut run = run.clone();
    let Some(asked) = run.instance.clone() else { return Ok(run) };
    if command.before == Before::Fresh {
        let path = run.path("refresh/{H}")?;
        api.ask(&run.question(command, &path)).await?.payload(command.name)?;
    }
    if command.before != Before::Nothing {
        let found = known(api, command, &run, &asked).await?;
        run.instance_text = found.to_string();
        run.instance = Some(found);
    }
    if command.print == Print::DestinationIfSo
        && let Some(destination) = run.destination.clone()
    {
        let found = known(api, command, &run, &destination).await?;
        run.destination_text = found.to_string();
        run.destination = Some(found);
    }
    Ok(run)
}

async fn known(
    api: &Api,
    command: &Command,
    run: &Run<'_>,
    key: &InstanceKey,
) -> anyhow::Result<InstanceKey> {
    let path = format!("instance/{}", segments(key));
    match api.ask(&run.question(command, &path)).await? {
        Answer::Payload(instance) => {
            let found = print::key(&instance).map_err(|why| anyhow!(why))?;
            Ok(found.rsplit_once(':').map_or_else(
                || key.clone(),
                |(host, port)| InstanceKey::from_texts(host, port).unwrap_or_else(|_| key.clone()),
            ))
        }
        _ => bail!("Instance not found: {key}"),
    }
}

/// One run of a command: the values that it was given.
#[derive(Clone, Debug)]
pub(super) struct Run<'a> {
    flags: &'a Flags,
    list: bool,
    owner: String,
    instance: Option<InstanceKey>,
    destination: Option<InstanceKey>,
    /// What names the cluster; empty if nothing does.
    cluster: String,
    instance_text: String,
    destination_text: String,
}

/// A command that takes an instance runs once for each that is given.
///
/// # Errors
/// A value is missing, or is none.
pub(super) fn runs<'a>(
    command: &Command,
    flags: &'a Flags,
    config: &Config,
) -> anyhow::Result<Vec<Run<'a>>> {
    let several =
        !command.takes_list() && (command.takes(Field::Instance) || command.takes(Field::Cluster));
    let mut tokens: Vec<&str> = if several {
        let separates = |c: char| c == ',' || c.is_ascii_whitespace();
        flags.instance.split(separates).filter(|token| !token.is_empty()).collect()
    } else {
        vec![flags.instance.as_str()]
    };
    if tokens.is_empty() {
        tokens.push("");
    }
    let default_port = u16::try_from(config.raw.default_instance_port).unwrap_or(3306);
    tokens.into_iter().map(|token| Run::new(command, flags, token, default_port)).collect()
}

impl<'a> Run<'a> {
    fn new(
        command: &Command,
        flags: &'a Flags,
        token: &str,
        default_port: u16,
    ) -> anyhow::Result<Self> {
        let key = |flag: &str, text: &str| {
            match text.trim() {
            "" => Ok(None),
            text => InstanceKey::parse(text, default_port).map(Some).map_err(|error| {
                anyhow!("Cannot deduce instance: {flag} {text}: {error}; give host, host:port or [ipv6]:port")
            }),
        }
        };
        let named = |field| command.takes(field);
        let mut instance =
            if named(Field::Instance) || named(Field::Cluster) { key("-i", token)? } else { None };
        // Where nothing can be harmed, this machine is meant.
        let may_guess = matches!(command.effect, Effect::Read) || command.name == "discover";
        let needs = |wanted| command.fields().any(|(f, optional)| f == wanted && !optional);
        let needs_instance = needs(Field::Instance) || command.print == Print::AskedIfListed;
        let needs_hint = needs(Field::Cluster) && flags.alias.is_empty();
        if instance.is_none() && (needs_instance || needs_hint) {
            if !may_guess {
                let flag = if needs_instance { "-i" } else { "-alias or -i" };
                bail!("Cannot deduce instance: give {flag}");
            }
            let machine = hostname::get().context("cannot tell this machine's name")?;
            instance = key("-i", &machine.to_string_lossy())?;
        }
        let cluster = match (&*flags.alias, &instance) {
            ("", Some(instance)) => instance.to_string(),
            (alias, _) => alias.to_owned(),
        };
        let owner =
            if flags.owner.is_empty() { shared::user::current() } else { flags.owner.clone() };
        let destination = key("-d", &flags.destination)?;
        let run = Self {
            flags,
            list: command.takes_list(),
            owner,
            instance_text: instance.as_ref().map(ToString::to_string).unwrap_or_default(),
            destination_text: destination.as_ref().map(ToString::to_string).unwrap_or_default(),
            instance,
            destination,
            cluster,
        };
        let missing = |(field, optional): &(Field, bool)| !optional && run.value(*field).is_empty();
        match command.fields().find(missing) {
            Some((field, _)) => Err(anyhow!(missing_value(field, command.takes_list()))),
            None if command.print == Print::KeysLikePattern && flags.pattern.is_empty() => {
                Err(anyhow!("No pattern given"))
            }
            None => Ok(run),
        }
    }

    fn value(&self, field: Field) -> String {
        let flags = self.flags;
        match field {
            Field::Instance => self.instance.as_ref().map(segments).unwrap_or_default(),
            Field::Destination => self.destination.as_ref().map(segments).unwrap_or_default(),
            Field::Cluster => encode(&self.cluster).into_owned(),
            Field::Text if self.list => encode(flags.instance.trim()).into_owned(),
            Field::Text => encode(&flags.pattern).into_owned(),
            Field::Alias => encode(&flags.alias).into_owned(),
            Field::Owner => encode(self.owner.trim()).into_owned(),
            Field::Reason => encode(flags.reason.trim()).into_owned(),
            Field::Duration => encode(&flags.duration).into_owned(),
            Field::PromotionRule => encode(&flags.promotion_rule).into_owned(),
            Field::Tag => encode(&flags.tag).into_owned(),
            Field::Pool => encode(&flags.pool).into_owned(),
            Field::Hostname => encode(&flags.hostname).into_owned(),
            Field::Binlog => encode(&flags.binlog).into_owned(),
            Field::Query => encode(&flags.statement).into_owned(),
            Field::Seconds | Field::Path => String::new(),
        }
    }

    pub(super) fn path(&self, path: &str) -> anyhow::Result<String> {
        let path = template::fill(path, |field| Ok::<_, anyhow::Error>(self.value(field)))?;
        let dots = |segment: &&str| matches!(*segment, "." | "..");
        match path.split('?').next().and_then(|path| path.split('/').find(dots)) {
            Some(segment) => bail!("{segment:?} cannot be sent as a value"),
            None => Ok(path),
        }
    }

    fn question<'q>(&'q self, command: &Command, path: &'q str) -> Question<'q> {
        Question { path, owner: &self.owner, exact: command.effect == Effect::Change }
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            instance: &self.instance_text,
            destination: &self.destination_text,
            pattern: &self.flags.pattern,
            tag: &self.flags.tag,
        }
    }
}

fn segments(key: &InstanceKey) -> String {
    format!("{}/{}", encode(key.hostname()), key.port())
}

fn missing_value(field: Field, list: bool) -> String {
    match field {
        Field::Instance | Field::Cluster => "Cannot deduce instance: give -i".to_owned(),
        Field::Destination => "Cannot deduce destination: give -d".to_owned(),
        Field::Reason => "--reason option required".to_owned(),
        Field::Pool => "Please submit --pool".to_owned(),
        Field::Text if !list => "No pattern given; use -pattern".to_owned(),
        Field::Tag => "Unable to parse tag: give -tag".to_owned(),
        Field::Binlog => "expecting --binlog value".to_owned(),
        field => format!("{} is required", help::flag(field, list)),
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
