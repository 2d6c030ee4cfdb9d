//! What puts one comment above another. Ranks are whole numbers, so that a cursor can name one exactly.

/// Rank by approval: the lower bound of Wilson's score interval at 95 %, in billionths, so that 9 likes of 10 stand
/// above 1 like of 1. 0 where nobody has reacted or nobody likes it.
/// (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.)
#[must_use]
pub fn top_rank(likes: i64, dislikes: i64) -> i64 {
    let (likes, dislikes) = (count(likes), count(dislikes));
    let n = likes + dislikes;
    if likes <= 0.0 {
        return 0;
    }
    let z = 1.96_f64;
    let share = likes / n;
    let centre = share + z * z / (2.0 * n);
    let spread = z * ((share * (1.0 - share) + z * z / (4.0 * n)) / n).sqrt();
    whole((centre - spread) / (1.0 + z * z / n) * 1e9)
}

/// Rank by disagreement: many reactions, evenly split, stand highest; 0 where all agree. It is
/// `(likes + dislikes) ^ (fewer / more)`, in thousandths.
#[must_use]
pub fn controversial_rank(likes: i64, dislikes: i64) -> i64 {
    let (fewer, more) = (count(likes.min(dislikes)), count(likes.max(dislikes)));
    if fewer <= 0.0 {
        return 0;
    }
    whole((fewer + more).powf(fewer / more) * 1e3)
}

/// Counts beyond 2^32 rank as 2^32: `f64` holds those exactly.
fn count(n: i64) -> f64 {
    f64::from(u32::try_from(n.max(0)).unwrap_or(u32::MAX))
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and ranks stay below 1e13"
)]
fn whole(rank: f64) -> i64 {
    rank.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_of_ten_stand_above_one_of_one() {
        assert!(top_rank(9, 1) > top_rank(1, 0));
        assert!(top_rank(100, 1) > top_rank(9, 1));
        assert!(top_rank(1, 0) > top_rank(1, 1));
        assert_eq!((top_rank(0, 0), top_rank(0, 7)), (0, 0));
        // 1 of 1 at z = 1.96: 1 / (1 + 3.8416) = 0.2065…
        assert_eq!(top_rank(1, 0) / 1_000_000, 206);
    }

    #[test]
    fn an_even_split_of_many_is_the_most_controversial() {
        assert!(controversial_rank(50, 50) > controversial_rank(5, 5));
        assert!(controversial_rank(5, 5) > controversial_rank(9, 1));
        assert_eq!((controversial_rank(100, 0), controversial_rank(0, 0)), (0, 0));
        assert_eq!(controversial_rank(3, 3), 6_000);
    }

    #[test]
    fn huge_counts_stay_in_bounds() {
        assert!(top_rank(i64::MAX, i64::MAX) > 0);
        assert!(controversial_rank(i64::MAX, i64::MAX) > 0);
    }
}
