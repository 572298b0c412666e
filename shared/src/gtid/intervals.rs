//! Sets of transaction numbers as sorted intervals; the arithmetic beneath [`super::GtidSet`].
//!
//! Knows nothing of UUIDs or text.

/// Numbers as inclusive intervals `(first, last)`: sorted, disjoint and not adjacent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Intervals(Vec<(u64, u64)>);

/// Largest number a GTID can have; the servers use signed 64-bit numbers.
pub(super) const MAX_NUMBER: u64 = i64::MAX as u64;

impl Intervals {
    /// Sorts and joins intervals given in any order, overlapping or not.
    ///
    /// Each needs `first <= last <= MAX_NUMBER`; the parser sees to that.
    pub(super) fn from_unsorted(mut intervals: Vec<(u64, u64)>) -> Self {
        intervals.sort_unstable();
        let mut joined = Self::default();
        for interval in intervals {
            joined.push(interval);
        }
        joined
    }

    /// Appends an interval that starts no earlier than the last one does.
    fn push(&mut self, (first, last): (u64, u64)) {
        match self.0.last_mut() {
            // `end + 1` cannot overflow: numbers end at MAX_NUMBER.
            Some((_, end)) if first <= *end + 1 => *end = (*end).max(last),
            _ => self.0.push((first, last)),
        }
    }

    pub(super) fn as_slice(&self) -> &[(u64, u64)] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn count(&self) -> u128 {
        self.0.iter().map(|(first, last)| u128::from(last - first) + 1).sum()
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.as_slice(), other.0.as_slice());
        let mut result = Self(Vec::with_capacity(a.len().max(b.len())));
        loop {
            let from = match (a.first(), b.first()) {
                (Some(x), Some(y)) if x.0 <= y.0 => &mut a,
                (Some(_), None) => &mut a,
                (_, Some(_)) => &mut b,
                (None, None) => return result,
            };
            if let Some((next, rest)) = from.split_first() {
                result.push(*next);
                *from = rest;
            }
        }
    }

    pub(super) fn intersect(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.as_slice(), other.0.as_slice());
        let mut result = Vec::new();
        while let (Some(x), Some(y)) = (a.first(), b.first()) {
            let (first, last) = (x.0.max(y.0), x.1.min(y.1));
            if first <= last {
                result.push((first, last));
            }
            if x.1 < y.1 { a = &a[1..] } else { b = &b[1..] }
        }
        Self(result)
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut holes = other.0.as_slice();
        let mut result = Vec::new();
        for &(mut first, last) in &self.0 {
            loop {
                match holes.first() {
                    Some(hole) if hole.1 < first => holes = &holes[1..],
                    Some(hole) if hole.0 <= last => {
                        if first < hole.0 {
                            result.push((first, hole.0 - 1));
                        }
                        first = hole.1 + 1;
                        // The hole may reach into the next interval: it is kept.
                        if first > last {
                            break;
                        }
                    }
                    _ => {
                        result.push((first, last));
                        break;
                    }
                }
            }
        }
        Self(result)
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        let mut mine = self.0.as_slice();
        other.0.iter().all(|(first, last)| {
            while mine.first().is_some_and(|interval| interval.1 < *first) {
                mine = &mine[1..];
            }
            mine.first().is_some_and(|interval| interval.0 <= *first && *last <= interval.1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn numbers(intervals: &Intervals) -> BTreeSet<u64> {
        intervals.as_slice().iter().flat_map(|(first, last)| *first..=*last).collect()
    }

    fn is_canonical(intervals: &Intervals) -> bool {
        intervals.as_slice().iter().all(|(first, last)| first <= last)
            && intervals.as_slice().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0)
    }

    fn any_intervals() -> impl Strategy<Value = Intervals> {
        prop::collection::vec((1u64..60, 0u64..6), 0..12).prop_map(|pairs| {
            Intervals::from_unsorted(pairs.into_iter().map(|(a, len)| (a, a + len)).collect())
        })
    }

    proptest! {
        /// The plain set of numbers is the model that the merges must agree with.
        #[test]
        fn agrees_with_sets_of_numbers(a in any_intervals(), b in any_intervals()) {
            let (x, y) = (numbers(&a), numbers(&b));
            let results = [
                (a.union(&b), x.union(&y).copied().collect::<BTreeSet<_>>()),
                (a.intersect(&b), x.intersection(&y).copied().collect()),
                (a.minus(&b), x.difference(&y).copied().collect()),
            ];
            for (intervals, model) in results {
                prop_assert!(is_canonical(&intervals), "{:?}", intervals);
                prop_assert_eq!(intervals.count(), model.len() as u128);
                prop_assert_eq!(numbers(&intervals), model);
            }
            prop_assert_eq!(a.contains(&b), x.is_superset(&y));
        }
    }

    #[test]
    fn the_whole_range_has_no_overflow() {
        let all = Intervals::from_unsorted(vec![(1, MAX_NUMBER), (MAX_NUMBER, MAX_NUMBER)]);
        assert_eq!(all.as_slice(), [(1, MAX_NUMBER)]);
        let last = Intervals::from_unsorted(vec![(MAX_NUMBER, MAX_NUMBER)]);
        assert_eq!(all.minus(&last).as_slice(), [(1, MAX_NUMBER - 1)]);
        assert!(last.minus(&all).is_empty());
        assert_eq!(all.count(), u128::from(MAX_NUMBER));
    }
}
