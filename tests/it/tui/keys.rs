//! The keymap against the key table the console promises: what each key is bound to.

use riskdesk::tui::action::Action;
use riskdesk::tui::keymap::Keymap;

#[test]
fn every_promised_key_does_what_the_table_says() {
    let promised: &[(&str, Action)] = &[
        ("j", Action::Down),
        ("k", Action::Up),
        ("g", Action::Top),
        ("G", Action::Bottom),
        ("down", Action::Down),
        ("up", Action::Up),
        ("home", Action::Top),
        ("end", Action::Bottom),
        ("pgup", Action::PageUp),
        ("pgdn", Action::PageDown),
        ("ctrl-d", Action::HalfDown),
        ("ctrl-u", Action::HalfUp),
        ("h", Action::Left),
        ("l", Action::Right),
        ("tab", Action::NextPane),
        ("1", Action::Clients),
        ("2", Action::Projects),
        ("3", Action::Findings),
        ("4", Action::Queue),
        ("0", Action::AllClients),
        ("enter", Action::Choose),
        ("J", Action::NextRecord),
        ("K", Action::PrevRecord),
        ("esc", Action::Back),
        ("ctrl-c", Action::Cancel),
        ("q", Action::Quit),
        ("/", Action::Find),
        ("n", Action::FindNext),
        ("N", Action::FindPrev),
        ("f", Action::Query),
        ("o", Action::Sort),
        ("b", Action::Group),
        (":", Action::Palette),
        ("ctrl-p", Action::Palette),
        ("?", Action::Help),
        ("x", Action::Menu),
        ("-", Action::LastView),
        ("_", Action::NextView),
        ("p", Action::Preview),
        ("H", Action::PrevTab),
        ("L", Action::NextTab),
        ("space", Action::Mark),
        ("v", Action::Range),
        ("*", Action::MarkAll),
        ("ctrl-n", Action::New),
        ("i", Action::Import),
        ("e", Action::Edit),
        ("s", Action::Status),
        ("a", Action::Person),
        ("m", Action::Place),
        ("M", Action::Merge),
        ("S", Action::Split),
        ("c", Action::Comment),
        ("u", Action::Release),
        ("t", Action::Take),
        ("T", Action::TakeNext),
        ("w", Action::Why),
        ("r", Action::Reload),
        ("y", Action::CopyId),
        (".", Action::Pin),
        ("F", Action::Zoom),
        ("z", Action::Undo),
        ("ctrl-z", Action::Redo),
        ("W", Action::Record),
        ("Y", Action::CopyMenu),
        ("P", Action::ViewAs),
        ("!", Action::Inbox),
        ("B", Action::Brief),
        ("@", Action::Log),
        ("D", Action::Remove),
    ];
    let map = Keymap::read(None).unwrap();
    let mut checked = 0;
    for (key, action) in promised {
        assert_eq!(map.in_lists(key.parse().unwrap()), Some(*action), "{key}");
        checked += 1;
    }
    for (key, action) in [
        ("ctrl-s", Action::Send),
        ("alt-enter", Action::Send),
        ("ctrl-t", Action::Audience),
        ("ctrl-x", Action::Editor),
        ("esc", Action::Back),
    ] {
        assert_eq!(map.in_text(key.parse().unwrap()), Some(action), "{key}");
        checked += 1;
    }
    assert_eq!(checked, promised.len() + 5);
}
