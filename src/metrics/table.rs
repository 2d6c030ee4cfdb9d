//! Metrics with labels from closed lists: every cell is there from the start, and reaching one takes no lock.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;

/// A closed list of a label's values.
pub trait Label: Copy + PartialEq + 'static {
    /// The label.
    const NAME: &'static str;
    /// Every value with what it is called.
    const ALL: &'static [(Self, &'static str)];
}

/// Declares a label with its values.
macro_rules! labels {
    ($($(#[$doc:meta])* $label:ident $name:literal { $($(#[$value_doc:meta])* $value:ident $text:literal;)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum $label { $($(#[$value_doc])* $value,)+ }

            impl $label {
                /// What it is called.
                #[must_use]
                pub fn as_str(self) -> &'static str {
                    match self { $(Self::$value => $text,)+ }
                }
            }

            impl $crate::metrics::table::Label for $label {
                const NAME: &'static str = $name;
                const ALL: &'static [(Self, &'static str)] = &[$((Self::$value, $text),)+];
            }
        )+
    };
}

pub(super) use labels;

/// A metric for each set of labels. Clones share it.
#[derive(Debug, Clone)]
pub struct Table<M> {
    cells: Arc<[Cell<M>]>,
    /// For who asks beyond the table: it counts, and nobody reads it.
    spare: M,
}

#[derive(Debug)]
struct Cell<M> {
    labels: Vec<(&'static str, &'static str)>,
    metric: M,
}

/// A metric for each value of a label. Clones share it.
#[derive(Debug, Clone)]
pub struct By<L, M>(Table<M>, PhantomData<L>);

impl<M> Table<M> {
    /// A table with a cell for each of these sets of labels, in their order.
    pub(super) fn new(
        labels: impl Iterator<Item = Vec<(&'static str, &'static str)>>,
        make: fn() -> M,
    ) -> Self {
        Self { cells: labels.map(|labels| Cell { labels, metric: make() }).collect(), spare: make() }
    }

    /// Every cell.
    pub(super) fn all(&self) -> impl Iterator<Item = &M> {
        self.cells.iter().map(|cell| &cell.metric)
    }

    /// The cell with that number.
    pub(super) fn at(&self, number: usize) -> &M {
        self.cells.get(number).map_or(&self.spare, |cell| &cell.metric)
    }
}

impl<L: Label, M> By<L, M> {
    pub(super) fn new(make: fn() -> M) -> Self {
        Self(Table::new(L::ALL.iter().map(|(_, text)| vec![(L::NAME, *text)]), make), PhantomData)
    }

    /// The metric of that value.
    pub fn of(&self, label: L) -> &M {
        let number = L::ALL.iter().position(|(known, _)| *known == label);
        self.0.at(number.unwrap_or(usize::MAX))
    }
}

impl<M: EncodeMetric> EncodeMetric for Table<M> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        self.cells.iter().try_for_each(|cell| cell.metric.encode(encoder.encode_family(&cell.labels)?))
    }

    fn metric_type(&self) -> MetricType {
        self.spare.metric_type()
    }
}

impl<L, M: EncodeMetric> EncodeMetric for By<L, M> {
    fn encode(&self, encoder: MetricEncoder<'_>) -> fmt::Result {
        self.0.encode(encoder)
    }

    fn metric_type(&self) -> MetricType {
        self.0.metric_type()
    }
}
