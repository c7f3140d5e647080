//! `breakeven image`: every filter on every lane that makes pictures, byte for byte, and what is refused.

#![allow(clippy::disallowed_methods, reason = "these tests start the command itself")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use codec::{Format, decode, encode};
use workloads::{Dimensions, Kernel, Source};

fn image(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_breakeven"))
        .arg("image")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The built-in scene as a file.
fn a_picture(folder: &Path, width: u32, height: u32) -> (Dimensions, Vec<u8>) {
    let dimensions = Dimensions::new(width, height).unwrap();
    let mut pixels = vec![0; dimensions.bytes()];
    let nothing = Source::new(dimensions, 0, &[]).unwrap();
    Kernel::Scene.apply(&nothing, 0..height, &mut pixels);
    fs::write(folder.join("in.png"), encode(dimensions, pixels.clone(), Format::Png).unwrap())
        .unwrap();
    (dimensions, decode(&fs::read(folder.join("in.png")).unwrap()).unwrap().pixels)
}

#[test]
fn every_filter_gives_the_same_bytes_on_every_lane() {
    let folder = tempfile::tempdir().unwrap();
    let (dimensions, pixels) = a_picture(folder.path(), 301, 203);
    let source = Source::new(dimensions, 0, &pixels).unwrap();
    let lanes =
        ["native.thread", "native.thread-wide", "process.pipe", "process.socket", "process.shm"];
    let filters = [
        "blur",
        "blur:7.5",
        "edges",
        "fill",
        "greyscale",
        "invert",
        "sharpen",
        "resize:100x70",
        "resize:500x607",
    ];
    for filter in filters {
        let kernel = match filter {
            "edges" => Kernel::Edges,
            "fill" => Kernel::Fill,
            "greyscale" => Kernel::Greyscale,
            "invert" => Kernel::Invert,
            "sharpen" => Kernel::Sharpen,
            "resize:100x70" => Kernel::Resize(Dimensions::new(100, 70).unwrap()),
            "resize:500x607" => Kernel::Resize(Dimensions::new(500, 607).unwrap()),
            blur => {
                let sigma = blur.split_once(':').map_or(3.0, |(_, sigma)| sigma.parse().unwrap());
                Kernel::Blur(workloads::Sigma::new(sigma).unwrap())
            }
        };
        let makes = kernel.makes(dimensions);
        let mut wanted = vec![0; makes.bytes()];
        kernel.apply(&source, 0..makes.height(), &mut wanted);
        let wanted = decode(&encode(makes, wanted, Format::Png).unwrap()).unwrap().pixels;
        for lane in lanes {
            for workers in ["1", "3"] {
                let arguments = [
                    "in.png",
                    "-o",
                    "out.png",
                    "--filter",
                    filter,
                    "--lane",
                    lane,
                    "--workers",
                    workers,
                    "--force",
                ];
                let output = image(&arguments, folder.path());
                assert_eq!(output.status.code(), Some(0), "{}", said(&output));
                let made = decode(&fs::read(folder.path().join("out.png")).unwrap()).unwrap();
                assert!(made.pixels == wanted, "{filter} on {lane} by {workers}");
                let said = said(&output);
                assert!(said.contains("MP/s") && said.contains("copied"), "{said}");
                assert_eq!(said.contains("0\u{a0}B copied"), lane.starts_with("native"), "{said}");
            }
        }
    }
}

/// The largest picture takes what the help says: 12 bytes a pixel and 128 MiB.
#[test]
fn a_hundred_megapixels_keep_within_their_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (width, height) = (10_000, 10_000);
    // Made by hand: the tests' own process shall not hold it.
    fs::write(folder.path().join("in.png"), flat_png(width, height)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_breakeven"))
        .args(["image", "in.png", "-o", "out.png", "--filter", "greyscale", "--workers", "2"])
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    let mut most = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let text = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib =
            line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok());
        most = most.max(kib.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert!(status.success());
    let bound = 12 * u64::from(width) * u64::from(height) / 1024 + (128 << 10);
    assert!(most > 0 && most <= bound, "{most} KiB of {bound} KiB");
    assert!(folder.path().join("out.png").exists());
}

/// A file that says how large its picture is, and has none.
fn lying_png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    // What is missing is found out when it is dropped, and that is the point.
    let mut writer = encoder.write_header().unwrap();
    writer.write_chunk(png::chunk::IDAT, b"x\x9c\x03\0\0\0\0\x01").unwrap();
    drop(writer);
    file
}

/// A picture of one grey, row by row through the encoder.
fn flat_png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fastest);
    let mut writer = encoder.write_header().unwrap();
    let mut stream = writer.stream_writer().unwrap();
    let row = vec![100; width as usize * 3];
    for _ in 0..height {
        std::io::Write::write_all(&mut stream, &row).unwrap();
    }
    stream.finish().unwrap();
    writer.finish().unwrap();
    file
}

#[test]
fn what_cannot_be_done_is_said_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    a_picture(path, 40, 30);
    fs::write(path.join("there.png"), "mine").unwrap();
    fs::write(path.join("bomb.png"), lying_png(60_000, 60_000)).unwrap();
    fs::write(path.join("large.png"), lying_png(10_001, 10_000)).unwrap();
    fs::write(path.join("liar.png"), lying_png(9000, 9000)).unwrap();
    fs::write(path.join("words.png"), "only words").unwrap();
    fs::write(path.join("broken.png"), &fs::read(path.join("in.png")).unwrap()[..200]).unwrap();
    for (arguments, code, why) in [
        (&["in.png", "-o", "there.png", "--filter", "edges"][..], 2, "--force overwrites it"),
        (&["nowhere.png", "-o", "x.png", "--filter", "edges"], 2, "nowhere.png"),
        (&["broken.png", "-o", "x.png", "--filter", "edges"], 2, "this picture is damaged"),
        (
            &["bomb.png", "-o", "x.png", "--filter", "edges"],
            2,
            "60000 × 60000 pixels: it may have 100 million",
        ),
        (
            &["large.png", "-o", "x.png", "--filter", "edges"],
            2,
            "10001 × 10000 pixels: it may have 100 million",
        ),
        (&["liar.png", "-o", "x.png", "--filter", "edges"], 2, "this picture is damaged"),
        (&["words.png", "-o", "x.png", "--filter", "edges"], 2, "this is no PNG, JPEG or WebP"),
        (&["in.png", "-o", "x.png", "--filter", "resize:20000x20000"], 2, "1 to 100 million"),
        (
            &["in.png", "-o", "x.webp", "--filter", "resize:20000x10", "--workers", "2"],
            2,
            "this format cannot hold it",
        ),
        (&["in.png", "-o", "x.gif", "--filter", "edges"], 2, "must end in .png"),
        (&["in.png", "-o", "no/x.png", "--filter", "edges"], 2, "cannot be written"),
        (&["in.png", "-o", "x.png", "--filter", "sharpn"], 2, "did you mean sharpen?"),
        (&["in.png", "-o", "x.png", "--filter", "blur:0"], 2, "0.3"),
        (
            &["in.png", "-o", "x.png", "--filter", "edges", "--lane", "native.thred"],
            2,
            "did you mean native.thread",
        ),
        (
            &["in.png", "-o", "x.png", "--filter", "edges", "--lane", "node.worker"],
            3,
            "makes no pictures",
        ),
        (&["in.png", "-o", "x.png", "--filter", "edges", "--workers", "0"], 2, "1..=64"),
    ] {
        let output = image(arguments, path);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(why), "{arguments:?}: {}", said(&output));
    }
    assert_eq!(fs::read_to_string(path.join("there.png")).unwrap(), "mine");
    assert!(!path.join("x.png").exists());
    let left: Vec<_> = fs::read_dir(path).unwrap().flatten().map(|it| it.file_name()).collect();
    assert_eq!(left.len(), 7, "nothing half done is left: {left:?}");
}
