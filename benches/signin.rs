//! `cargo bench --bench signin`: see `benches/load/src/bench/signin.rs`.

mod run;

fn main() -> std::process::ExitCode {
    run::bench("signin")
}
