//! The rows as a table in Markdown, with what one must know to read them.

use protocol::report::Report;

use crate::table::{HEADS, lines};

/// One table of all rows, what they were measured on before it, and the warnings after it.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let machine = &report.machine;
    let mut out = format!(
        "{}, {} cores, {}; Breakeven {}, {}; `{}`; {} of {} blocks.\n\n",
        machine.cpu,
        machine.cores,
        machine.system,
        machine.runner,
        machine.rustc,
        report.run.command.join(" "),
        report.run.finished,
        report.run.blocks
    );
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    out += &row(&HEADS.map(str::to_owned));
    out += &row(&HEADS.map(|_| "---".to_owned()));
    for line in lines(report) {
        out += &row(&line);
    }
    for warning in &report.run.warnings {
        out += &format!("\nWarning: {warning}.\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::a_report;

    #[test]
    fn the_table_reads_well() {
        let text = markdown(&a_report()).replace('\u{a0}', " ");
        assert_eq!(
            text,
            "a processor, 2 cores, Linux 6; Breakeven 0.1.0, rustc 1.95.0; `breakeven run`; 3 of 3 \
             blocks.\n\n\
             | Experiment | Params | Lane | Median | 95% interval | Samples |\n\
             | --- | --- | --- | --- | --- | --- |\n\
             | startup | metric exit | process.pipe | failed while running: it died |  |  |\n\
             | echo | bytes 64KiB, metric round_trip, 128KiB copied | process.socket | 41.3 µs | [40.1, 42.8] µs | 3 |\n\
             | echo | bytes 64KiB, metric round_trip | node.worker | unavailable: no node, no \"lane\" |  |  |\n\
             \nWarning: it was noisy.\n"
        );
    }
}
