//! `cargo bench --bench open`: see `benches/load/src/bench/open.rs`.

mod run;

fn main() -> std::process::ExitCode {
    run::bench("open")
}
