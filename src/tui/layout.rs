//! Where everything stands, from the window's size alone.

use ratatui::layout::Rect;

use super::modals::Shape;
use super::panes::PaneId;

/// The smallest window that shows a desk.
pub const SMALLEST: (u16, u16) = (60, 16);

/// From here on all panes are on screen.
pub const WIDE: (u16, u16) = (120, 30);

/// The desk's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    pub header: Rect,
    pub body: Rect,
    pub foot: Rect,
    /// The panes on screen, each with its frame.
    pub panes: Vec<(PaneId, Rect)>,
    /// Where the finding under the cursor is shown, if it is.
    pub preview: Option<Rect>,
}

/// Whether there is room for a desk.
pub fn fits(width: u16, height: u16) -> bool {
    width >= SMALLEST.0 && height >= SMALLEST.1
}

/// From this width on a preview stands beside its list instead of below it.
const BESIDE: u16 = 140;

/// Lays the desk out; `zoom` gives the focused pane all of it, as a small window does; `preview` takes a part of it, or
/// the place of the other pane on the right, where the focused pane has findings.
pub fn desk(width: u16, height: u16, focus: PaneId, zoom: bool, preview: bool) -> Desk {
    let body = Rect::new(0, 1, width, height.saturating_sub(2));
    let preview = preview && matches!(focus, PaneId::Findings | PaneId::Queue);
    let mut shown = None;
    let panes = if zoom || width < WIDE.0 || height < WIDE.1 {
        let mut list = body;
        if preview {
            let (left, right) = split(body);
            list = left;
            shown = Some(right);
        }
        vec![(focus, list)]
    } else {
        // The right side keeps the 80 columns its rows are made for, and gets two thirds of what is beyond.
        let right = 80 + (width - WIDE.0) * 2 / 3;
        let left = width - right;
        let top = body.height / 2;
        let low = body.height - top;
        let upper = Rect::new(left, body.y, right, top);
        let lower = Rect::new(left, body.y + top, right, low);
        let mut panes = vec![
            (PaneId::Clients, Rect::new(0, body.y, left, top)),
            (PaneId::Projects, Rect::new(0, body.y + top, left, low)),
        ];
        if preview {
            panes.push((focus, upper));
            shown = Some(lower);
        } else {
            panes.extend([(PaneId::Queue, upper), (PaneId::Findings, lower)]);
        }
        panes
    };
    Desk {
        header: Rect::new(0, 0, width, 1),
        body,
        foot: Rect::new(0, height.saturating_sub(1), width, 1),
        panes,
        preview: shown,
    }
}

fn split(body: Rect) -> (Rect, Rect) {
    if body.width >= BESIDE {
        let list = body.width - body.width * 2 / 5;
        let left = Rect { width: list, ..body };
        let right = Rect {
            x: body.x + list,
            width: body.width - list,
            ..body
        };
        return (left, right);
    }
    let list = body.height - body.height / 2;
    let upper = Rect { height: list, ..body };
    let lower = Rect {
        y: body.y + list,
        height: body.height - list,
        ..body
    };
    (upper, lower)
}

/// Where a layer goes.
pub fn layer(body: Rect, shape: Shape) -> Rect {
    match shape {
        Shape::Full => body,
        Shape::Bar(rows) => {
            let rows = rows.min(body.height);
            Rect::new(body.x, body.bottom() - rows, body.width, rows)
        }
        Shape::Popup(width, height) => {
            let (w, h) = (width.min(body.width), height.min(body.height));
            Rect::new(body.x + (body.width - w) / 2, body.y + (body.height - h) / 2, w, h)
        }
    }
}

/// The inside of a frame.
pub fn inside(frame: Rect) -> Rect {
    Rect::new(
        frame.x + 1,
        frame.y + 1,
        frame.width.saturating_sub(2),
        frame.height.saturating_sub(2),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_panes_from_120_by_30_and_one_below() {
        assert_eq!(desk(120, 30, PaneId::Queue, false, false).panes.len(), 4);
        assert_eq!(desk(119, 30, PaneId::Queue, false, false).panes.len(), 1);
        assert_eq!(desk(120, 29, PaneId::Queue, false, false).panes.len(), 1);
        assert_eq!(desk(200, 50, PaneId::Queue, true, false).panes.len(), 1);
        assert!(fits(60, 16) && !fits(59, 16) && !fits(60, 15));
    }

    #[test]
    fn panes_fill_the_body_without_overlap() {
        for (w, h) in [(120, 30), (160, 45), (200, 50), (333, 77)] {
            let desk = desk(w, h, PaneId::Queue, false, false);
            let area: u32 = desk
                .panes
                .iter()
                .map(|(_, r)| u32::from(r.width) * u32::from(r.height))
                .sum();
            assert_eq!(area, u32::from(w) * u32::from(h - 2));
        }
    }

    #[test]
    fn a_preview_stands_beside_or_below_its_list() {
        let below = desk(80, 24, PaneId::Findings, false, true);
        assert_eq!((below.panes[0].1.height, below.preview.unwrap().height), (11, 11));
        let beside = desk(200, 50, PaneId::Queue, true, true);
        assert_eq!((beside.panes[0].1.width, beside.preview.unwrap().width), (120, 80));
        let wide = desk(120, 30, PaneId::Queue, false, true);
        assert_eq!(wide.panes.len(), 3);
        assert!(desk(80, 24, PaneId::Clients, false, true).preview.is_none());
    }
}
