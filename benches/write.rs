//! `cargo bench --bench write`: see `benches/load/src/bench/write.rs`.

mod run;

fn main() -> std::process::ExitCode {
    run::bench("write")
}
