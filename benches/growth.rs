//! `cargo bench --bench growth`: see `benches/load/src/bench/growth.rs`.

mod run;

fn main() -> std::process::ExitCode {
    run::bench("growth")
}
