//! What stands where in a large database: the rows as a site would have written them, one batch each, in memory.

use super::PAGES;

/// Comments on each page that is not one of [`PAGES`].
const USUAL: usize = 100;

/// A deeper reply is one to the comment that it would have answered instead.
const DEPTH_MAX: u8 = 4;

/// One comment.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The page's place in [`Rows::pages`].
    pub page: u32,
    /// The parent's number; 0: none.
    pub parent: u32,
    pub depth: u8,
    pub deleted: bool,
    pub replies: u32,
    pub listed_replies: u32,
    pub rev: u32,
    pub text_rev: u32,
    pub likes: u32,
    pub dislikes: u32,
    pub reactions: u32,
}

/// One page.
#[derive(Debug, Clone)]
pub struct Page {
    pub key: String,
    pub rev: u32,
    pub total: u32,
}

/// All of them; comment n stands at n - 1.
#[derive(Debug)]
pub struct Rows {
    pub pages: Vec<Page>,
    pub comments: Vec<Row>,
    pub users: usize,
    pub dice: Dice,
}

impl Rows {
    /// Grows so many comments: on the pages that are read, where they fit, and on usual ones.
    pub fn grow(comments: usize) -> Self {
        let mut dice = Dice(comments as u64);
        // A page that is read takes a fifth of the comments at most, so that there is a site around it; in the smallest
        // database the page of ten is the exception.
        let read = PAGES.iter().filter(|page| **page <= 10 || **page * 5 <= comments);
        let mut sizes: Vec<(String, usize)> = read.map(|page| (super::page(*page), *page)).collect();
        let mut rest = comments - sizes.iter().map(|(_, size)| size).sum::<usize>();
        for number in 1..=rest.div_ceil(USUAL) {
            let size = rest.min(USUAL);
            sizes.push((format!("/page/{number}"), size));
            rest -= size;
        }
        let pages = sizes.iter().map(|(key, _)| Page { key: key.clone(), rev: 0, total: 0 }).collect();
        // Comments of all pages are posted in between one another, as on a live site.
        let mut order: Vec<u32> =
            sizes.iter().enumerate().flat_map(|(page, (_, size))| vec![page as u32; *size]).collect();
        for place in (1..order.len()).rev() {
            order.swap(place, dice.below(place + 1));
        }
        let users = (comments / 50).max(300);
        let mut rows = Self { pages, comments: Vec::with_capacity(comments), users, dice };
        rows.post(&order);
        rows.delete();
        rows.react();
        rows
    }

    fn next_rev(&mut self, page: u32) -> u32 {
        let page = &mut self.pages[page as usize];
        page.rev += 1;
        page.rev
    }

    fn row(&mut self, number: u32) -> &mut Row {
        &mut self.comments[number as usize - 1]
    }

    /// One comment in four answers one of the page's last.
    fn post(&mut self, order: &[u32]) {
        let mut last: Vec<[u32; 8]> = vec![[0; 8]; self.pages.len()];
        for (at, page) in order.iter().enumerate() {
            let number = at as u32 + 1;
            let rev = self.next_rev(*page);
            self.pages[*page as usize].total += 1;
            let mut row = Row { page: *page, rev, text_rev: rev, ..Row::default() };
            let parent = last[*page as usize][self.dice.below(8)];
            if parent > 0 && self.dice.below(4) == 0 {
                let above = self.row(parent);
                row.parent = if above.depth < DEPTH_MAX { parent } else { above.parent };
                let above = self.row(row.parent);
                row.depth = above.depth + 1;
                (above.replies, above.listed_replies) = (above.replies + 1, above.listed_replies + 1);
                (above.rev, above.text_rev) = (rev, rev);
            }
            self.comments.push(row);
            last[*page as usize][self.dice.below(8)] = number;
        }
    }

    /// One in a hundred is deleted: first some that nothing stands under, which are listed no more, then some that
    /// stay as tombstones.
    fn delete(&mut self) {
        for tombstones in [false, true] {
            for number in 1..=self.comments.len() as u32 {
                let row = self.row(number);
                let fits = !row.deleted && (row.listed_replies > 0) == tombstones;
                if !fits || self.dice.below(100) > 0 {
                    continue;
                }
                let (page, parent) = (self.row(number).page, self.row(number).parent);
                let rev = self.next_rev(page);
                self.pages[page as usize].total -= 1;
                let row = self.row(number);
                (row.deleted, row.rev, row.text_rev) = (true, rev, rev);
                if parent > 0 {
                    let above = self.row(parent);
                    above.replies -= 1;
                    above.listed_replies -= u32::from(!tombstones);
                    (above.rev, above.text_rev) = (rev, rev);
                }
            }
        }
    }

    /// Few have most of the reactions: an exponential spread around the average.
    fn react(&mut self) {
        for number in 1..=self.comments.len() as u32 {
            let share = -(1.0 - self.dice.share()).ln() * super::REACTIONS as f64;
            let reactions = (share.round() as u32).min(self.users as u32 / 2);
            if reactions > 0 {
                let page = self.row(number).page;
                let rev = self.next_rev(page);
                let row = self.row(number);
                (row.reactions, row.rev) = (reactions, rev);
            }
        }
    }

    /// Who reacts on the next comment, in order, and whether they like it: four of five do.
    pub fn reactions(&mut self, count: u32) -> Vec<(u32, bool)> {
        let users = self.users as u32;
        // Everybody that far apart, from somewhere on: no two are the same.
        let apart = (users / count.max(1)).max(1);
        let first = self.dice.below(users as usize) as u32;
        let mut who: Vec<_> =
            (0..count).map(|place| ((first + place * apart) % users + 1, self.dice.below(5) > 0)).collect();
        who.sort_unstable();
        who
    }
}

/// Numbers that are as good as random, the same in each run (splitmix64).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
