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

#[test]
fn what_cannot_be_done_is_said_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    a_picture(path, 40, 30);
    fs::write(path.join("there.png"), "mine").unwrap();
    fs::write(path.join("broken.png"), &fs::read(path.join("in.png")).unwrap()[..200]).unwrap();
    for (arguments, code, why) in [
        (&["in.png", "-o", "there.png", "--filter", "edges"][..], 2, "--force overwrites it"),
        (&["nowhere.png", "-o", "x.png", "--filter", "edges"], 2, "nowhere.png"),
        (&["broken.png", "-o", "x.png", "--filter", "edges"], 2, "this picture is damaged"),
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
    assert_eq!(left.len(), 3, "nothing half done is left: {left:?}");
}
