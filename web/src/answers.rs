//! What a report answers: whoever shows a question looks at its own rows alone.

use std::collections::BTreeMap;

use lab::standings::question;
use protocol::report::{Params, Report};

/// What a report answers: its questions by experiment, in its order, each with the places of the rows that answer it.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Places in `questions`.
    places: BTreeMap<String, BTreeMap<Params, usize>>,
    questions: Vec<Asked>,
    /// Places in `questions`, in the report's order.
    of_experiment: BTreeMap<String, Vec<usize>>,
}

/// What is asked, and the places of the rows that answer it.
pub(crate) type Asked = (Params, Vec<usize>);

impl Answers {
    /// In one pass over its rows.
    pub(crate) fn of(report: &Report) -> Self {
        let mut this = Self::default();
        for (at, row) in report.results.iter().enumerate() {
            if !this.places.contains_key(&row.experiment) {
                this.places.insert(row.experiment.clone(), BTreeMap::new());
                this.of_experiment.insert(row.experiment.clone(), Vec::new());
            }
            let (Some(places), Some(all)) =
                (this.places.get_mut(&row.experiment), this.of_experiment.get_mut(&row.experiment))
            else {
                continue;
            };
            let asked = question(&row.params);
            let place = match places.get(&asked) {
                Some(place) => *place,
                None => {
                    let place = this.questions.len();
                    places.insert(asked.clone(), place);
                    all.push(place);
                    this.questions.push((asked, Vec::new()));
                    place
                }
            };
            this.questions[place].1.push(at);
        }
        this
    }

    /// What is answered of an experiment, in the report's order.
    pub(crate) fn questions(&self, experiment: &str) -> Vec<Asked> {
        let places = self.of_experiment.get(experiment).into_iter().flatten();
        places.map(|place| self.questions[*place].clone()).collect()
    }

    /// The rows that answer this.
    pub(crate) fn rows(&self, experiment: &str, asked: &Params) -> &[usize] {
        let place = self.places.get(experiment).and_then(|places| places.get(asked));
        place.map_or(&[], |place| self.questions[*place].1.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_found_by_what_is_asked() {
        let report = claims::made::Made::usual().report();
        let answers = Answers::of(&report);
        let mut rows = 0;
        for experiment in ["startup", "echo", "crash", "nothing"] {
            for (asked, places) in answers.questions(experiment) {
                assert_eq!(answers.rows(experiment, &asked), places);
                let is_it = |at: &usize| {
                    let row = &report.results[*at];
                    row.experiment == experiment && question(&row.params) == asked
                };
                assert!(places.iter().all(is_it));
                rows += places.len();
            }
        }
        let wanted = ["startup", "echo", "crash"];
        let count = report.results.iter().filter(|it| wanted.contains(&it.experiment.as_str()));
        assert_eq!(rows, count.count());
        assert!(answers.rows("echo", &Params::new()).is_empty());
    }
}
