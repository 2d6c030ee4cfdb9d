//! `otklik man` and `otklik completions`: what packages ship beside the program, made from the arguments as declared.

use std::io::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::{Arguments, MORE, say};
use crate::error::Fault;

/// Writes a manual page for the program and one for each command into a folder.
///
/// # Errors
/// A folder that cannot be written.
pub(super) fn write_pages(folder: &Path) -> Result<(), Fault> {
    let fault = |cause| Fault::new(format!("writing manual pages into {}", folder.display()), cause);
    std::fs::create_dir_all(folder).map_err(fault)?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(fault)?;
    let page = main_page().map_err(fault)?;
    std::fs::write(folder.join("otklik.1"), page).map_err(fault)
}

/// The program's own page: its last part is set as it is written, which the generator would run together.
fn main_page() -> std::io::Result<Vec<u8>> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let (man, mut page) = (Man::new(command), Vec::new());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_subcommands_section(&mut page)?;
    writeln!(page, ".SH NOTES\n.nf\n{}\n.fi", MORE.replace('\\', "\\e").replace('-', "\\-"))?;
    Ok(page)
}

/// Prints what a shell needs to complete the program's arguments.
///
/// # Errors
/// A standard output that is gone.
pub(super) fn complete(shell: Shell) -> Result<(), Fault> {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "otklik", &mut script);
    say(String::from_utf8_lossy(&script).trim_end())
}
