//! Mean, median and the like of a few hundred numbers.

/// Figures about a list of numbers; all zero for an empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// The least.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The one in the middle, or the mean of the two.
    pub median: f64,
    /// 95 % are not greater. Between two numbers it is their mean.
    pub p95: f64,
    /// The greatest.
    pub max: f64,
}

impl Figures {
    /// About these numbers.
    #[must_use]
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(min), Some(max)) = (sorted.first(), sorted.last()) else {
            return Self::default();
        };
        Self {
            min: *min,
            mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
            median: median(&sorted),
            p95: p95(&sorted),
            max: *max,
        }
    }
}

/// Of sorted numbers.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    let odd = !sorted.len().is_multiple_of(2);
    between(sorted, if odd { middle } else { middle.saturating_sub(1) }, middle)
}

/// Of sorted numbers.
fn p95(sorted: &[f64]) -> f64 {
    let (rank, rest) = (sorted.len() * 95 / 100, sorted.len() * 95 % 100);
    let below = rank.saturating_sub(1);
    between(sorted, below, if rest == 0 { below } else { rank })
}

fn between(sorted: &[f64], one: usize, other: usize) -> f64 {
    match (sorted.get(one), sorted.get(other)) {
        (Some(one), Some(other)) => f64::midpoint(*one, *other),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_lists() {
        let figures = |numbers: &[f64]| {
            let Figures { min, mean, median, p95, max } = Figures::of(numbers.iter().copied());
            [min, mean, median, p95, max]
        };
        let up_to = |count: u32| (1..=count).map(f64::from).collect::<Vec<_>>();
        assert_eq!(figures(&[]), [0.0; 5]);
        assert_eq!(figures(&[7.0]), [7.0; 5]);
        assert_eq!(figures(&[3.0, 1.0]), [1.0, 2.0, 2.0, 2.0, 3.0]);
        assert_eq!(figures(&[9.0, 1.0, 2.0]), [1.0, 4.0, 2.0, 5.5, 9.0]);
        assert_eq!(figures(&up_to(12)), [1.0, 6.5, 6.5, 11.5, 12.0]);
        assert_eq!(figures(&up_to(20)), [1.0, 10.5, 10.5, 19.0, 20.0]);
        assert_eq!(figures(&up_to(100)), [1.0, 50.5, 50.5, 95.0, 100.0]);
    }
}
