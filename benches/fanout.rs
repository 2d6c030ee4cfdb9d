//! `cargo bench --bench fanout`: see `benches/load/src/bench/fanout.rs`.

mod run;

fn main() -> std::process::ExitCode {
    run::bench("fanout")
}
