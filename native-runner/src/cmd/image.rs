//! `breakeven image`: a picture file, filtered on a lane.

use std::path::PathBuf;

use clap::Args;
use codec::{Decoded, Format, decode_within, encode};
use futures::executor::block_on;
use lab::{Job, Lane, LaneError, format};
use protocol::{Availability, Filter, LaneId, Nanos};
use texts::outside::Outside;
use workloads::{Kernel, MAX_PIXELS};

use super::measure::cancel_on_signals;
use super::{End, names};
use crate::cancel::Cancel;
use crate::files::Output;
use crate::terminal::{Progress, say};
use crate::{input, lanes};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 30;
/// The blur's sigma, where none is said.
const SIGMA: f64 = 3.0;

/// Filters a picture on a lane: PNG, JPEG or WebP in and out, up to 100 megapixels.
///
/// It takes at most 12 bytes of memory per pixel and 128 MiB, beside the input file: 1.3 GB for 100 megapixels. Lanes
/// that copy take 8 bytes per pixel more.
#[derive(Args)]
pub(super) struct Image {
    /// The picture.
    input: PathBuf,
    /// Where the result goes; its name's end says the format.
    #[arg(short, long, value_name = "OUTPUT")]
    output: PathBuf,
    /// What is done: fill, greyscale, invert, blur or blur:SIGMA, edges, sharpen, resize:WxH.
    #[arg(long, value_name = "FILTER")]
    filter: String,
    /// On which lane (`breakeven list lanes`).
    #[arg(long, value_name = "ID", default_value = "native.thread")]
    lane: String,
    /// By how many workers; one per processor without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    workers: Option<u32>,
    /// Overwrites a file that is there.
    #[arg(long)]
    force: bool,
}

/// What it took.
struct Taken {
    startup: Nanos,
    total: Nanos,
    compute: Nanos,
    copied: u64,
}

impl Image {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let cancel = Cancel::default();
        let (kernel, format, output, file) = match self.checked() {
            Ok(checked) => checked,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        let all = lanes::all(&cancel);
        let known = all.iter().map(|lane| (lane.id().to_string(), lane.as_ref()));
        let lane = match names::find("lane", &self.lane, known) {
            Ok(lane) => lane,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        if let Some(why) = unavailable(lane) {
            say!("breakeven: {}: {why}", lane.id());
            return Ok(End::Unavailable);
        }
        let _signals = cancel_on_signals(&cancel)?;
        let step = Step::begin("decoding");
        let picture = match decode_within(&file, MAX_PIXELS) {
            Ok(picture) => picture,
            Err(why) => {
                return Ok(End::BadUsage(format!("{}: {why}", Outside(self.input.display()))));
            }
        };
        drop((file, step));
        let workers = self.workers.unwrap_or_else(|| crate::machine::describe().cores).clamp(1, 64);
        let step = Step::begin(&format!("{} on {}", self.filter, lane.id()));
        let made = block_on(make(lane, kernel, &picture, workers));
        drop(step);
        let (pixels, taken) = match made {
            Ok(made) => made,
            Err(LaneError::Cancelled) => return Ok(End::Interrupted),
            Err(LaneError::Unavailable(why)) => {
                say!("breakeven: {}: {why}", lane.id());
                return Ok(End::Unavailable);
            }
            Err(LaneError::Failed(why) | LaneError::Void(why)) => {
                anyhow::bail!("{}: {why}", lane.id())
            }
        };
        if cancel.is_asked() {
            return Ok(End::Interrupted);
        }
        let (read, made) = (picture.dimensions, kernel.makes(picture.dimensions));
        drop(picture);
        let step = Step::begin("encoding");
        let bytes = match encode(made, pixels, format) {
            Ok(bytes) => bytes,
            Err(why) => {
                let name = Outside(self.output.display());
                return Ok(End::BadUsage(format!("{name}: this format cannot hold it: {why}")));
            }
        };
        output.keep(&bytes)?;
        drop(step);
        say!("{}", told(&taken, read.pixels(), workers, lane.id()));
        Ok(End::Done)
    }

    /// What is wanted, if it can be had, what takes it, and the file's bytes.
    fn checked(&self) -> Result<(Kernel, Format, Output, Vec<u8>), String> {
        let kernel = Kernel::try_from(filter(&self.filter)?).map_err(|why| why.to_string())?;
        let output = &self.output;
        let format = Format::of(&output.to_string_lossy()).ok_or_else(|| {
            format!(
                "{}: its name must end in .png, .jpg, .jpeg or .webp",
                Outside(output.display())
            )
        })?;
        if output.exists() && !self.force {
            return Err(format!(
                "{} is there already: --force overwrites it",
                Outside(output.display())
            ));
        }
        let output = Output::open(output)?;
        Ok((kernel, format, output, input::read(&self.input, LONGEST)?))
    }
}

/// `blur:2.5`, `resize:640x480` and the like.
fn filter(words: &str) -> Result<Filter, String> {
    let (name, value) = match words.split_once(':') {
        Some((name, value)) => (name, Some(value)),
        None => (words, None),
    };
    let known = Filter::all(SIGMA, [0, 0]).map(|filter| (filter.name().to_owned(), filter));
    match (names::find("filter", name, known.into_iter())?, value) {
        (Filter::Blur { .. }, Some(value)) => {
            let sigma = value.parse().map_err(|_| format!("blur:{value}: a sigma is a number"))?;
            Ok(Filter::Blur { sigma })
        }
        (Filter::Resize { .. }, value) => {
            let size = value.and_then(|value| value.split_once('x'));
            let [width, height] = size
                .and_then(|(width, height)| Some([width.parse().ok()?, height.parse().ok()?]))
                .ok_or("resize takes a size in pixels, such as resize:1200x900")?;
            Ok(Filter::Resize { width, height })
        }
        (_, Some(value)) => Err(format!("{name} takes no value, and got {value}")),
        (filter, None) => Ok(filter),
    }
}

fn unavailable(lane: &dyn Lane) -> Option<String> {
    match lane.availability() {
        Availability::Unavailable { reason } => Some(reason),
        Availability::Available if lane.is_visited() => None,
        Availability::Available => Some("this lane makes no pictures".to_owned()),
    }
}

async fn make(
    lane: &dyn Lane,
    kernel: Kernel,
    picture: &Decoded,
    workers: u32,
) -> Result<(Vec<u8>, Taken), LaneError> {
    let job = Job { kernel, dimensions: picture.dimensions, source: &picture.pixels };
    let mut out = vec![0; job.makes().bytes()];
    let mut opened = lane.open(workers).await?;
    let times = opened.crew.run(job, &mut out).await?;
    opened.crew.close().await?;
    let taken = Taken {
        startup: opened.startup,
        total: times.total,
        compute: times.compute,
        copied: times.bytes_copied,
    };
    Ok((out, taken))
}

fn told(taken: &Taken, pixels: u64, workers: u32, lane: LaneId) -> String {
    let Taken { startup, total, compute, copied } = taken;
    let time = |nanos: &Nanos| format::time(nanos.0 as f64);
    format!(
        "{} by {} on {lane}: {} ({} of it in the kernel), {}, {} copied; the workers' start took {}",
        format::throughput(pixels, total.0 as f64),
        format::workers(workers),
        time(total),
        time(compute),
        megapixels(pixels),
        format::bytes(*copied),
        time(startup),
    )
}

fn megapixels(pixels: u64) -> String {
    format!("{:.1} megapixels", pixels as f64 / 1e6)
}

/// Something that takes a while, on a terminal.
struct Step(Progress);

impl Step {
    fn begin(words: &str) -> Self {
        Self(Progress::spinner(words))
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_named_and_blurs_have_a_sigma() {
        assert_eq!(filter("blur"), Ok(Filter::Blur { sigma: 3.0 }));
        assert_eq!(filter("blur:0.5"), Ok(Filter::Blur { sigma: 0.5 }));
        assert_eq!(filter("sharpen"), Ok(Filter::Sharpen));
        assert_eq!(filter("resize:40x30"), Ok(Filter::Resize { width: 40, height: 30 }));
        for (words, why) in [
            ("sharpn", "did you mean sharpen?"),
            ("edges:2", "edges takes no value"),
            ("blur:x", "a sigma is a number"),
            ("resize", "such as resize:1200x900"),
            ("resize:40", "such as resize:1200x900"),
        ] {
            assert!(filter(words).unwrap_err().contains(why), "{words}");
        }
        assert!(Kernel::try_from(filter("blur:1000").unwrap()).is_err());
        assert!(Kernel::try_from(filter("resize:0x7").unwrap()).is_err());
    }
}
