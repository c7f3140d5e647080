//! A workload as text in an address: `for=node,task=5000000,payload=65536,…`.

use crate::needs::Need;
use crate::workload::{Amount, For, Workload};

impl Workload {
    /// As text of letters, digits and `=,.+-`.
    #[must_use]
    pub fn to_link(&self, of: For) -> String {
        let Self { task, payload, reply, amount, workers, fresh, crash_rate, memory_limit, needs } =
            self;
        let amount = match amount {
            Amount::Tasks(tasks) => format!("tasks={tasks}"),
            Amount::Rate(rate) => format!("rate={rate}"),
        };
        let mut link = format!(
            "for={},task={task:.0},payload={payload},reply={reply},{amount},workers={workers},fresh={},crash={crash_rate}",
            of.name(),
            u8::from(*fresh),
        );
        if let Some(limit) = memory_limit {
            link += &format!(",memory={limit}");
        }
        if !needs.is_empty() {
            let names: Vec<&str> = needs.iter().map(|need| need.name()).collect();
            link += &format!(",needs={}", names.join("+"));
        }
        link
    }

    /// From such text; what it does not say stays as it is in this one. None if it says something that cannot be.
    #[must_use]
    pub fn from_link(&self, link: &str) -> Option<(Self, For)> {
        let mut all = self.clone();
        let mut of = For::default();
        for part in link.split(',') {
            let (name, value) = part.split_once('=')?;
            match name {
                "for" => of = For::ALL.into_iter().find(|it| it.name() == value)?,
                "task" => all.task = value.parse().ok()?,
                "payload" => all.payload = value.parse().ok()?,
                "reply" => all.reply = value.parse().ok()?,
                "tasks" => all.amount = Amount::Tasks(value.parse().ok()?),
                "rate" => all.amount = Amount::Rate(value.parse().ok()?),
                "workers" => all.workers = value.parse().ok()?,
                "fresh" => all.fresh = value == "1",
                "crash" => all.crash_rate = value.parse().ok()?,
                "memory" => all.memory_limit = Some(value.parse().ok()?),
                "needs" => {
                    let find = |name| Need::ALL.into_iter().find(|need| need.name() == name);
                    all.needs = value.split('+').map(find).collect::<Option<_>>()?;
                }
                // A newer page may say more.
                _ => {}
            }
        }
        all.check().ok()?;
        Some((all, of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;

    #[test]
    fn workloads_go_there_and_back_and_nonsense_does_not() {
        let usual = PRESETS[0].workload(2);
        for of in For::ALL {
            for preset in PRESETS {
                let mut workload = preset.workload(3);
                workload.memory_limit = Some(1 << 30);
                assert_eq!(usual.from_link(&workload.to_link(of)), Some((workload, of)));
            }
        }
        let rate = Workload { amount: Amount::Rate(2.5), fresh: false, ..usual.clone() };
        assert_eq!(usual.from_link(&rate.to_link(For::Any)), Some((rate, For::Any)));
        for link in ["", "task", "task=x", "workers=0", "for=cobol", "needs=luck", "task=1e300"] {
            assert_eq!(usual.from_link(link), None, "{link}");
        }
    }
}
