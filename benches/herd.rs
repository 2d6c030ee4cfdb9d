//! `cargo bench --bench herd`: see `benches/load/src/bench/herd.rs`.

mod run;

fn main() -> std::process::ExitCode {
    run::bench("herd")
}
