//! Which columns of a list fit, and what they are called there.

use super::super::super::model::Model;
use super::super::super::widgets::table;
use super::super::noun::{Column, Noun};
use super::ListPane;

impl<N: Noun> ListPane<N> {
    /// The columns that fit, with their cells.
    pub(super) fn columns(&self, width: u16, model: &Model) -> Vec<(&'static Column<N::Item>, table::Column)> {
        let hides = self.group.filter(|g| g.headed && !g.hides.is_empty()).map(|g| g.hides);
        let all: Vec<_> = N::columns()
            .iter()
            .filter(|c| !(c.hidden)(model) && hides.is_none_or(|head| c.heads[0] != head))
            .collect();
        let shapes: Vec<_> = all.iter().map(|c| c.shape).collect();
        let fitted = table::fit(&shapes, width);
        fitted
            .into_iter()
            .map(|(i, width)| {
                let fits = |head: &&&str| head.chars().count() <= usize::from(width);
                let head = all[i].heads.iter().filter(fits).max_by_key(|h| h.chars().count());
                let shape = table::Column {
                    head: head.copied().unwrap_or_default(),
                    width,
                    most: width,
                    ..shapes[i]
                };
                (all[i], shape)
            })
            .collect()
    }
}
