//! How far long work is, on standard error: a bar at a terminal, else a line at the beginning of each stage.

use std::cell::Cell;
use std::io::{IsTerminal as _, stderr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::complain;
use crate::error::Fault;
use crate::store::{Stage, Watch, in_mib};

/// Runs a long work that tells how far it is.
///
/// # Errors
/// What the work comes back with.
pub(super) fn with_progress<T>(work: impl FnOnce(Watch<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    let (bar, stage) = (bar(), Cell::new(None));
    let after_piece = |now, done, of| {
        if stage.replace(Some(now)) != Some(now) {
            begin(&bar, now, of);
        }
        bar.set_position(done);
    };
    let done = work(Watch { after_piece: &after_piece, given_up: &Arc::new(AtomicBool::new(false)) });
    bar.finish_and_clear();
    done
}

fn bar() -> ProgressBar {
    if stderr().is_terminal() {
        ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr())
    } else {
        ProgressBar::hidden()
    }
}

fn begin(bar: &ProgressBar, stage: Stage, of: u64) {
    let (what, form) = match stage {
        Stage::Copying => (format!("copying {}", in_mib(of)), "{msg} {wide_bar} {percent} % {eta}"),
        Stage::Checking => ("checking".to_owned(), "{msg} {wide_bar} {pos}/{len} {elapsed}"),
    };
    if bar.is_hidden() {
        return complain(&what);
    }
    bar.set_position(0);
    // The forms are ours and well formed; a bar without one would still be a bar.
    bar.set_style(ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_length(of);
    bar.set_message(what);
    // The long check says nothing while it lasts: the time goes on beside it.
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
}
