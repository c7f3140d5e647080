//! `share`: what both sides have in common, and what must be handed over. One file per kind of thing.

mod database;
mod descriptors;
mod memory;
mod server;
mod variables;

use anyhow::{Result, bail};

use crate::facts::Outcome;
use crate::processes::Channel;

pub(crate) fn on_threads(name: &str) -> Outcome {
    match name {
        "variables" => variables::variables_on_threads(),
        "service" => variables::service_on_threads(),
        "env" => variables::env_on_threads(),
        "buffer" => memory::on_threads(),
        "database" => database::on_threads(),
        "database-server" => server::on_threads(),
        "fd" => descriptors::on_threads(),
        _ => bail!("no resource {name}"),
    }
}

pub(crate) fn on_processes(channel: Channel, name: &str) -> Outcome {
    match name {
        "variables" => variables::variables_on_processes(channel),
        "service" => variables::service_on_processes(channel),
        "env" => variables::env_on_processes(channel),
        "buffer" => memory::on_processes(channel),
        "database" => database::on_processes(channel),
        "database-server" => server::on_processes(channel),
        "fd" => descriptors::on_processes(channel),
        _ => bail!("no resource {name}"),
    }
}

pub(crate) fn work(name: &str) -> Result<()> {
    match name {
        "variables" | "service" | "env" => variables::work(name),
        "buffer" => memory::work(),
        "database" => database::work(),
        "database-server" => server::work(),
        "fd" => descriptors::work(),
        _ => bail!("no resource {name}"),
    }
}
