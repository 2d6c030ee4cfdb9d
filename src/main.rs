//! The program: what the command line says is run by the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    otklik::command::run()
}
