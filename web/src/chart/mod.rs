//! Charts: a line per lane, with its figure, how sure that is and, on demand, every sample. Drawn by plotters as SVG.

mod scale;

use std::collections::BTreeSet;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use protocol::report::Unit;
use protocol::{LaneId, LaneKind};
use texts::outside;

use scale::Scale;

/// Plotters wants colours as numbers; these two become the page's own, so that they follow its theme.
const INK: RGBColor = RGBColor(1, 1, 1);
const INK_TEXT: &str = "#010101";

/// Pixels above the first line: the style sheet lays links over the lines.
const TOP: u32 = 4;
const AXIS: u32 = 58;
/// Pixels of a line, with its name before it.
const ROW: u32 = 30;
/// The same, with its name above it.
const HIGH_ROW: u32 = 42;
/// Pixels before the lines, for their names.
const NAMES: u32 = 232;
/// Of charts that are narrower, names stand above their lines.
const NARROW: u32 = 640;

/// Samples of a line that are a point each; of more, those that would lie on the same pixel are one.
const EACH: usize = 1000;

/// Whether a chart of this width has its lines' names above them.
pub(crate) fn is_narrow(width: u32) -> bool {
    width < NARROW
}

/// A line of a chart. All figures are in the chart's unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) lane: LaneId,
    /// Whether it is another report's.
    pub(crate) is_other: bool,
    /// The middle, and a bar around it.
    pub(crate) figure: Option<(f64, [f64; 2])>,
    pub(crate) samples: Vec<f64>,
}

/// A colour that is legible on light and dark, and told apart from the others of its platform by whoever sees fewer
/// colours: shapes and names tell the rest.
pub(crate) fn colour(lane: &LaneId) -> RGBColor {
    match lane.as_str() {
        "browser.shared" => RGBColor(47, 129, 247),
        "browser.clone" => RGBColor(20, 158, 150),
        "native.thread" => RGBColor(200, 128, 10),
        "native.thread-wide" => RGBColor(134, 118, 26),
        "process.pipe" => RGBColor(140, 96, 214),
        "process.shm" => RGBColor(176, 72, 196),
        "browser.main" => RGBColor(110, 120, 136),
        "browser.transfer" => RGBColor(58, 152, 84),
        "node.worker" => RGBColor(92, 140, 44),
        "node.worker-shared" => RGBColor(64, 120, 200),
        "node.fork-advanced" => RGBColor(206, 110, 36),
        "node.fork-json" => RGBColor(188, 64, 92),
        _ => RGBColor(208, 72, 122),
    }
}

/// The chart of these lines, or nothing where they have neither figure nor sample. `width` is in CSS pixels; `axis`
/// says what is shown.
pub(crate) fn chart(lines: &[Line], unit: Unit, axis: &str, width: u32) -> Option<String> {
    let figures = lines.iter().filter_map(|line| line.figure);
    let figures = figures.flat_map(|(middle, [from, to])| [middle, from, to]);
    let samples = lines.iter().flat_map(|line| line.samples.iter().copied());
    let scale = Scale::over(figures.chain(samples), unit)?;
    let row = if is_narrow(width) { HIGH_ROW } else { ROW };
    let size = (width.max(240), lines.len() as u32 * row + AXIS);
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    // Writing into a string cannot fail; were it to, the table still has every figure.
    draw(&root, lines, &scale, axis).ok()?;
    root.present().ok()?;
    drop(root);
    let opening = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let accessible = format!("{opening} aria-hidden=\"true\" focusable=\"false\"");
    let svg = svg.replace(INK_TEXT, "currentColor").replacen(&opening, &accessible, 1);
    // Names are escaped already; this leaves out what XML forbids.
    Some(outside::lines(&svg).into_owned())
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Failure = Box<dyn std::error::Error + 'static>;

fn draw(root: &Area<'_>, lines: &[Line], scale: &Scale, axis: &str) -> Result<(), Failure> {
    let (width, _) = root.dim_in_pixel();
    let is_narrow = is_narrow(width);
    // Half of the first tick's label needs room in any case.
    let names = if is_narrow { 20 } else { NAMES };
    let start = scale.start();
    let mut chart = ChartBuilder::on(root)
        .margin_top(TOP)
        .margin_right(24)
        .set_label_area_size(LabelAreaPosition::Left, names)
        .set_label_area_size(LabelAreaPosition::Bottom, AXIS - TOP)
        .build_cartesian_2d(scale.clone(), lines.len() as f64..0.0)
        .map_err(|why| why.to_string())?;
    let text = ("system-ui, sans-serif", 13).into_font().color(&INK);
    chart
        .configure_mesh()
        .disable_y_axis()
        .disable_y_mesh()
        .x_labels(if width < 480 { 4 } else { 8 })
        .x_label_formatter(&|value| scale.label(*value))
        .x_desc(axis)
        .axis_desc_style(text.clone())
        .label_style(text.clone())
        .axis_style(INK.mix(0.4))
        .bold_line_style(INK.mix(0.14))
        .light_line_style(TRANSPARENT)
        .draw()
        .map_err(|why| why.to_string())?;
    let (side, away) = if is_narrow { (HPos::Left, (0, -9)) } else { (HPos::Right, (-8, 0)) };
    let names = text.pos(Pos::new(side, VPos::Center));
    // Of a line's height, where its figure is and how high that is.
    let (middle_of, half) = if is_narrow { (0.7, 0.18) } else { (0.5, 0.28) };
    let area = chart.plotting_area();
    for (at, line) in lines.iter().enumerate() {
        let y = at as f64 + middle_of;
        let colour = colour(&line.lane);
        let name = EmptyElement::at((start, at as f64 + 0.5))
            + Text::new(line.name.clone(), away, names.clone());
        area.draw(&name).map_err(|why| why.to_string())?;
        if let Some((middle, [from, to])) = line.figure {
            let bar = [(from, y - half), (to, y + half)];
            let stroke = vec![(middle, y - half * 1.4), (middle, y + half * 1.4)];
            area.draw(&Rectangle::new(bar, colour.mix(0.28).filled()))
                .map_err(|why| why.to_string())?;
            area.draw(&PathElement::new(stroke, colour.stroke_width(2)))
                .map_err(|why| why.to_string())?;
        }
        let middle = line.figure.filter(|_| line.samples.is_empty()).map(|(middle, _)| middle);
        let is_crowded = line.samples.len() > EACH;
        let mut taken = BTreeSet::new();
        for point in line.samples.iter().copied().chain(middle) {
            let at = (point, y);
            if is_crowded && !taken.insert(area.map_coordinate(&at)) {
                continue;
            }
            let style = if line.is_other { colour.stroke_width(2) } else { colour.filled() };
            // Shape tells processes from threads where colour does not.
            match advisor::Model::kind(&line.lane) {
                LaneKind::Process => area.draw(&TriangleMarker::new(at, 5, style)),
                _ => area.draw(&Circle::new(at, 3, style)),
            }
            .map_err(|why| why.to_string())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(lane: LaneId, samples: &[f64]) -> Line {
        let figure = Some((1.6e8, [1.5e8, 1.7e8]));
        Line { name: lane.to_string(), lane, is_other: false, figure, samples: samples.to_vec() }
    }

    #[test]
    fn every_sample_is_a_point_and_colours_follow_the_page() {
        let lines = [line(LaneId::PROCESS_SOCKET, &[1.5e8, 1.6e8, 1.6e8])];
        let svg = chart(&lines, Unit::Nanoseconds, "time", 640).unwrap();
        assert!(svg.starts_with("<svg width=\"640\""), "{svg}");
        assert_eq!(svg.matches("<polygon").count(), 3);
        assert!(svg.contains("process.socket") && svg.contains("time"));
        assert!(svg.contains("currentColor") && !svg.contains(INK_TEXT));
    }

    #[test]
    fn samples_at_the_same_pixel_are_one_point() {
        let samples: Vec<f64> = (0..100_000_u32).map(|at| 1e8 + f64::from(at) * 1e3).collect();
        let svg = chart(&[line(LaneId::NATIVE_THREAD, &samples)], Unit::Nanoseconds, "", 640);
        let points = svg.unwrap().matches("<circle").count();
        assert!((100..640).contains(&points), "{points} points");
    }

    #[test]
    fn without_samples_the_middle_is_a_point_and_another_report_s_is_hollow() {
        let mut other = line(LaneId::NATIVE_THREAD, &[]);
        other.is_other = true;
        let svg =
            chart(&[line(LaneId::NATIVE_THREAD, &[]), other], Unit::Nanoseconds, "", 640).unwrap();
        assert_eq!(svg.matches("<circle").count(), 2);
        let points = svg.split("<circle").skip(1).filter_map(|rest| rest.split_once('>'));
        let hollow = points.filter(|(point, _)| point.contains("fill=\"none\"")).count();
        assert_eq!(hollow, 1, "{svg}");
    }

    #[test]
    fn a_name_is_text_and_nothing_else() {
        let hostile = LaneId::from("<script>\u{1b}[2J\u{0}\u{ffff}\u{202e}&\"");
        let svg = chart(&[line(hostile, &[])], Unit::Nanoseconds, "", 640).unwrap();
        assert!(!svg.contains("<script"), "{svg}");
        assert!(!svg.contains(|sign| outside::is_obeyed(sign) && sign != '\n'), "{svg:?}");
    }

    #[test]
    fn nothing_is_no_chart() {
        assert_eq!(chart(&[], Unit::Nanoseconds, "", 640), None);
    }
}
