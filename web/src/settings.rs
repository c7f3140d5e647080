//! What the visitor chooses before a comparison.

use lab::experiments::{ALL, Experiment};
use protocol::study::Wish;
use protocol::{Filter, Picture, Task};
use texts::tr;
use workloads::Dimensions;

/// Timed runs on each visit of a lane.
const RUNS_PER_TURN: u32 = 3;
/// What the picture is called among what is measured.
const PICTURE: &str = "picture";

/// A comparison's settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) filter: Filter,
    pub(crate) picture: Picture,
    /// The picture's.
    pub(crate) dimensions: Dimensions,
    /// Every lane runs with 1 to this many workers.
    pub(crate) max_workers: u32,
    /// How often each lane's turn comes.
    pub(crate) rounds: u32,
    /// Whether the picture is filtered.
    pub(crate) pictures: bool,
    /// Which of [`lab::experiments::ALL`] are run.
    pub(crate) experiments: [bool; ALL.len()],
}

impl Settings {
    pub(crate) const BLUR: Filter = Filter::Blur { sigma: 3.0 };
    /// The resize makes a picture for a page of the built-in one.
    pub(crate) const FILTERS: [Filter; 7] = Filter::all(3.0, [1000, 750]);
    /// More fit no page.
    pub(crate) const MOST_WORKERS: u32 = 16;
    pub(crate) const ROUNDS: [u32; 3] = [1, 3, 10];

    pub(crate) fn new(cores: u32) -> Self {
        Self {
            filter: Self::BLUR,
            picture: Picture::BuiltIn,
            dimensions: Dimensions::BUILT_IN,
            max_workers: cores.clamp(1, 4),
            rounds: 3,
            pictures: true,
            // Trials are made where claims are looked at.
            experiments: ALL.map(Experiment::is_compared),
        }
    }

    /// What the study is to be about, if there is to be one.
    pub(crate) fn wish(&self) -> Option<Wish> {
        let chosen = ALL.iter().zip(self.experiments).filter(|(_, chosen)| *chosen);
        let experiments: Vec<String> =
            chosen.map(|(experiment, _)| experiment.id.to_owned()).collect();
        (!experiments.is_empty()).then_some(Wish { experiments, ..Wish::default() })
    }

    /// Whether there is nothing to be measured.
    pub(crate) fn is_empty(&self) -> bool {
        !self.pictures && !self.experiments.contains(&true)
    }

    /// These, with these experiments alone.
    pub(crate) fn with_experiments(self, names: &[String]) -> Self {
        let experiments = ALL.map(|experiment| names.iter().any(|name| name == experiment.id));
        Self { experiments, ..self }
    }

    /// These, for a study that is about this alone; a wish for nothing named is one for everything.
    pub(crate) fn of_study(self, wish: &Wish) -> Self {
        let settings = Self { experiments: Self::new(1).experiments, pictures: false, ..self };
        if wish.experiments.is_empty() {
            settings
        } else {
            settings.with_experiments(&wish.experiments)
        }
    }

    /// These as text for an address, such as `filter:blur,workers:2,rounds:3,measure:picture+echo`.
    pub(crate) fn text(&self) -> String {
        let pictures = self.pictures.then_some(PICTURE);
        let experiments = self.wish().map_or_else(Vec::new, |wish| wish.experiments);
        let measured: Vec<&str> =
            pictures.into_iter().chain(experiments.iter().map(String::as_str)).collect();
        format!(
            "filter:{},workers:{},rounds:{},measure:{}",
            self.filter.name(),
            self.max_workers,
            self.rounds,
            measured.join("+")
        )
    }

    /// These, with what such a text says; what it says of things that are unknown here counts for nothing.
    pub(crate) fn read(mut self, text: &str) -> Self {
        for (name, value) in text.split(',').filter_map(|part| part.split_once(':')) {
            let number = || value.parse::<u32>().ok();
            match name {
                "filter" => {
                    let known = Self::FILTERS.into_iter().find(|filter| filter.name() == value);
                    self.filter = known.unwrap_or(self.filter);
                }
                "workers" => {
                    let most = number().unwrap_or(self.max_workers);
                    self.max_workers = most.clamp(1, Self::MOST_WORKERS);
                }
                "rounds" => {
                    let known = number().filter(|rounds| Self::ROUNDS.contains(rounds));
                    self.rounds = known.unwrap_or(self.rounds);
                }
                "measure" => {
                    let names: Vec<String> = value.split('+').map(str::to_owned).collect();
                    self = self.with_experiments(&names);
                    self.pictures = names.iter().any(|name| name == PICTURE);
                }
                _ => {}
            }
        }
        self
    }

    /// What a lane does on one visit.
    pub(crate) fn task(&self, workers: u32) -> Task {
        Task {
            filter: self.filter,
            picture: self.picture,
            width: self.dimensions.width(),
            height: self.dimensions.height(),
            workers,
            runs: RUNS_PER_TURN,
        }
    }
}

/// What a filter is called.
pub(crate) fn filter_name(filter: Filter) -> String {
    match filter {
        Filter::Blur { sigma } => tr!("Gaussian blur, sigma {} px", sigma),
        Filter::Edges => tr!("Sobel edges").to_owned(),
        Filter::Greyscale => tr!("Greyscale").to_owned(),
        Filter::Invert => tr!("Inverted colours").to_owned(),
        Filter::Sharpen => tr!("Sharpened").to_owned(),
        Filter::Fill => tr!("Filled with white").to_owned(),
        Filter::Resize { width, height } => tr!("Resized to {} × {}", width, height),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_s_settings_wish_for_it() {
        let wish = Wish { experiments: vec!["echo".into()], ..Wish::default() };
        let settings = Settings::new(2).of_study(&wish);
        assert_eq!(settings.wish(), Some(wish));
        assert!(!settings.pictures);
        let all = Settings::new(2).of_study(&Wish::default());
        assert_eq!(all.wish().unwrap().experiments.len(), lab::experiments::compared().len());
    }

    #[test]
    fn shared_settings_arrive_and_what_is_unknown_is_left_out() {
        let settings = Settings {
            filter: Filter::Sharpen,
            rounds: 10,
            max_workers: 3,
            ..Settings::new(2).with_experiments(&["echo".into(), "startup".into()])
        };
        let text = settings.text();
        assert_eq!(text, "filter:sharpen,workers:3,rounds:10,measure:picture+startup+echo");
        assert_eq!(Settings::new(8).read(&text), settings);
        let before = Settings::new(2);
        for text in ["", "s", "filter:magic,rounds:7,workers:x", "color:red", ",,:"] {
            assert_eq!(before.read(text), before, "{text}");
        }
        assert_eq!(before.read("workers:1000000").max_workers, Settings::MOST_WORKERS);
        let none = before.read("measure:");
        assert!(none.wish().is_none() && !none.pictures);
    }

    #[test]
    fn every_setting_is_a_task_within_bounds() {
        for cores in [1, 2, 64, 1000] {
            let settings = Settings::new(cores);
            assert!(settings.task(settings.max_workers).check().is_ok());
        }
    }
}
