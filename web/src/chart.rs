//! The runs as points, one line per row: drawn by plotters as SVG.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use protocol::LaneId;

use crate::model::{Row, Rows};

/// Plotters wants colours as numbers; these two become the page's own, so that they follow its theme.
const INK: RGBColor = RGBColor(1, 1, 1);
const INK_TEXT: &str = "#010101";

const ROW: u32 = 30;
const AXIS: u32 = 58;

/// A colour that is legible on light and dark.
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

/// The chart of all measured rows, or nothing while there is none. `width` is in CSS pixels.
pub(crate) fn chart(rows: &Rows, width: u32) -> Option<String> {
    // What was measured before a row failed is shown too.
    let measured: Vec<&Row> = rows.iter().filter(|row| !row.samples.is_empty()).collect();
    let slowest = rows.slowest()?.millis();
    let size = (width.max(240), measured.len() as u32 * ROW + AXIS);
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    // Writing into a string cannot fail; were it to, the table still has every figure.
    draw(&root, &measured, slowest).ok()?;
    root.present().ok()?;
    drop(root);
    let opening = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let accessible = format!("{opening} aria-hidden=\"true\" focusable=\"false\"");
    Some(svg.replace(INK_TEXT, "currentColor").replacen(&opening, &accessible, 1))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn draw(
    root: &Area<'_>,
    rows: &[&Row],
    slowest: f64,
) -> Result<(), Box<dyn std::error::Error + 'static>> {
    let (width, _) = root.dim_in_pixel();
    let labels = 146;
    let mut chart = ChartBuilder::on(root)
        .margin_top(4)
        .margin_right(18)
        .set_label_area_size(LabelAreaPosition::Left, labels)
        .set_label_area_size(LabelAreaPosition::Bottom, AXIS - 10)
        .build_cartesian_2d(0.0..slowest * 1.04, rows.len() as f64..0.0)
        .map_err(|why| why.to_string())?;
    let text = ("system-ui, sans-serif", 13).into_font().color(&INK);
    chart
        .configure_mesh()
        .disable_y_axis()
        .disable_y_mesh()
        .x_labels(if width < 480 { 4 } else { 8 })
        .x_label_formatter(&|millis| millis.to_string())
        .x_desc("time per run in ms, less is better")
        .axis_desc_style(text.clone())
        .label_style(text.clone())
        .axis_style(INK.mix(0.4))
        .bold_line_style(INK.mix(0.14))
        .light_line_style(TRANSPARENT)
        .draw()
        .map_err(|why| why.to_string())?;
    let right = text.pos(Pos::new(HPos::Right, VPos::Center));
    for (line, row) in rows.iter().enumerate() {
        let y = line as f64 + 0.5;
        let colour = colour(&row.turn.lane);
        let label = format!("{} × {}", row.turn.lane, row.turn.workers);
        let at = EmptyElement::at((0.0, y)) + Text::new(label, (-8, 0), right.clone());
        chart.plotting_area().draw(&at).map_err(|why| why.to_string())?;
        if let Some(total) = row.total() {
            // The middle half as a bar, the median as a stroke across it.
            let (from, median, to) = (total.q1 / 1e6, total.median / 1e6, total.q3 / 1e6);
            let half = [(from, y - 0.28), (to, y + 0.28)];
            let stroke = vec![(median, y - 0.4), (median, y + 0.4)];
            let area = chart.plotting_area();
            area.draw(&Rectangle::new(half, colour.mix(0.28).filled()))
                .map_err(|why| why.to_string())?;
            area.draw(&PathElement::new(stroke, colour.stroke_width(2)))
                .map_err(|why| why.to_string())?;
        }
        let points = row.samples.iter().map(|sample| (sample.total.millis(), y));
        let process = row.turn.lane.as_str().starts_with("process.");
        // Shape tells processes from threads where colour does not.
        if process {
            let marks = points.map(|point| TriangleMarker::new(point, 5, colour.filled()));
            chart.draw_series(marks).map_err(|why| why.to_string())?;
        } else {
            let marks = points.map(|point| Circle::new(point, 3, colour.filled()));
            chart.draw_series(marks).map_err(|why| why.to_string())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use lab::Turn;
    use protocol::{Availability, Failure, LaneEvent, LaneInfo, LaneKind, Nanos, Sample, Stage};
    use workloads::Checksum;

    use super::*;

    #[test]
    fn every_run_is_a_point_and_colours_follow_the_page() {
        let lane = LaneId::PROCESS_SOCKET;
        let availability = Availability::Available;
        let info =
            LaneInfo { id: lane.clone(), kind: LaneKind::Process, pictures: true, availability };
        let mut rows = Rows::new(&[info], 2);
        assert_eq!(chart(&rows, 640), None);
        let turn = Turn { lane, workers: 2 };
        for total in [150_000_000, 160_000_000, 170_000_000] {
            let (total, compute) = (Nanos(total), Nanos(1));
            let sample = Sample { total, compute, bytes_copied: 0, checksum: Checksum(1) };
            rows.take(&turn, &LaneEvent::Sample(sample));
        }
        let svg = chart(&rows, 640).unwrap();
        assert!(svg.starts_with("<svg width=\"640\""), "{svg}");
        assert_eq!(svg.matches("<polygon").count(), 3);
        assert!(svg.contains("process.socket × 2"));
        assert!(!svg.contains("process.socket × 1"), "a row without samples has no line");
        assert!(svg.contains("currentColor") && !svg.contains(INK_TEXT));

        let failure = Failure { stage: Stage::Run, error: "died".into() };
        rows.take(&turn, &LaneEvent::Failed(failure));
        assert_eq!(chart(&rows, 640).unwrap(), svg, "a failure takes no point away");
    }
}
