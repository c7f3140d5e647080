//! Every sample as a line of comma-separated values (RFC 4180).

use protocol::report::{Report, RowOutcome};

/// One line per sample, and one for each row that has none, with its reason.
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut out =
        String::from("experiment,lane,params,outcome,unit,copied,shared,block,sample,reason\r\n");
    for row in &report.results {
        let params: Vec<String> =
            row.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let start = [&row.experiment, row.lane.as_str(), &params.join(";")].map(field).join(",");
        match &row.outcome {
            RowOutcome::Measured(measured) => {
                let unit = field(&measured.unit.to_string());
                let crossing = measured.crossing.map_or(",".to_owned(), |crossing| {
                    format!("{},{}", crossing.copied, crossing.shared)
                });
                for (block, sample) in measured.blocks.iter().zip(&measured.samples) {
                    out += &format!("{start},measured,{unit},{crossing},{block},{sample},\r\n");
                }
            }
            RowOutcome::Unavailable { reason } => {
                out += &format!("{start},unavailable,,,,,,{}\r\n", field(reason));
            }
            RowOutcome::Failed { stage, error } => {
                let why = field(&format!("{stage}: {error}"));
                out += &format!("{start},failed,,,,,,{why}\r\n");
            }
        }
    }
    out
}

fn field(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::a_report;

    #[test]
    fn every_sample_is_a_line() {
        assert_eq!(
            csv(&a_report()),
            "experiment,lane,params,outcome,unit,copied,shared,block,sample,reason\r\n\
             echo,process.socket,bytes=65536;metric=round_trip,measured,ns,131072,0,0,40100,\r\n\
             echo,process.socket,bytes=65536;metric=round_trip,measured,ns,131072,0,1,41250.5,\r\n\
             echo,process.socket,bytes=65536;metric=round_trip,measured,ns,131072,0,2,42800,\r\n\
             echo,node.worker,bytes=65536;metric=round_trip,unavailable,,,,,,\"no node, no \"\"lane\"\"\"\r\n\
             startup,process.pipe,metric=exit,failed,,,,,,running: it died\r\n"
        );
    }
}
