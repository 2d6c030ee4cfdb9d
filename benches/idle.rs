//! `cargo bench --bench idle`: see `benches/load/src/bench/idle.rs`.

mod run;

fn main() -> std::process::ExitCode {
    run::bench("idle")
}
