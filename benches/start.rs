//! `cargo bench --bench start`: see `benches/load/src/bench/start.rs`.

mod run;

fn main() -> std::process::ExitCode {
    run::bench("start")
}
