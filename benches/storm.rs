//! `cargo bench --bench storm`: see `benches/load/src/bench/storm.rs`.

mod run;

fn main() -> std::process::ExitCode {
    run::bench("storm")
}
