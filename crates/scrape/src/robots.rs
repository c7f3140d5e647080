//! What a site's robots.txt lets one fetch, read once per site.

use std::collections::HashMap;

use protocol::scrape::Ask;
use texting_robots::Robot;
use url::Url;

use crate::fetch::{AGENT, Fetcher, Missing};

/// The name in robots.txt: the first word of the agent.
const NAME: &str = "breakeven";
/// Bytes of a robots.txt that are read, as RFC 9309 wants it at least.
const LONGEST: u64 = 512 << 10;

/// Sites that were asked.
#[derive(Default)]
pub(crate) struct Robots(HashMap<String, Rules>);

enum Rules {
    Some(Box<Robot>),
    /// There are none: everything may be fetched.
    None,
    /// The site is in trouble: nothing may be fetched, as RFC 9309 has it.
    Unreadable,
}

impl Robots {
    /// Asks the site of an address about it, unless the site was asked before.
    ///
    /// # Errors
    /// If the page may not be fetched, or the site is not there.
    pub(crate) fn ask(&mut self, url: &Url, ask: &Ask, fetcher: &Fetcher) -> Result<(), Missing> {
        debug_assert!(AGENT.starts_with(NAME));
        let site = url.origin().ascii_serialization();
        if !self.0.contains_key(&site) {
            self.0.insert(site.clone(), read(url, ask, fetcher)?);
        }
        match &self.0[&site] {
            Rules::Some(robot) if !robot.allowed(url.as_str()) => {
                Err(Missing::Refused("the site's robots.txt does not want it fetched".into()))
            }
            Rules::Unreadable => {
                Err(Missing::Refused("the site cannot say what may be fetched".into()))
            }
            Rules::Some(_) | Rules::None => Ok(()),
        }
    }
}

fn read(url: &Url, ask: &Ask, fetcher: &Fetcher) -> Result<Rules, Missing> {
    let Ok(at) = url.join("/robots.txt") else { return Ok(Rules::None) };
    let short = Ask { bytes: LONGEST, ..ask.clone() };
    // Nobody is asked whether one may ask.
    match fetcher.get(at.as_str(), &short, |_| Ok(())) {
        Ok(got) => {
            Ok(Robot::new(NAME, &got.bytes)
                .map_or(Rules::None, |robot| Rules::Some(Box::new(robot))))
        }
        // It is not there. A site in trouble may have one.
        Err(Missing::Status(400..500)) => Ok(Rules::None),
        Err(Missing::Status(_)) => Ok(Rules::Unreadable),
        Err(why) => Err(why),
    }
}
