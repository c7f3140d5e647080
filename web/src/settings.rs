//! What the visitor chooses before a comparison.

use lab::experiments::{ALL, Experiment};
use protocol::study::Wish;
use protocol::{Filter, Picture, Task};
use workloads::Dimensions;

/// Timed runs on each visit of a lane.
const RUNS_PER_TURN: u32 = 3;

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
        Filter::Blur { sigma } => format!("Gaussian blur, sigma {sigma} px"),
        Filter::Edges => "Sobel edges".to_owned(),
        Filter::Greyscale => "Greyscale".to_owned(),
        Filter::Invert => "Inverted colours".to_owned(),
        Filter::Sharpen => "Sharpened".to_owned(),
        Filter::Fill => "Filled with white".to_owned(),
        Filter::Resize { width, height } => format!("Resized to {width} × {height}"),
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
    fn every_setting_is_a_task_within_bounds() {
        for cores in [1, 2, 64, 1000] {
            let settings = Settings::new(cores);
            assert!(settings.task(settings.max_workers).check().is_ok());
        }
    }
}
