//! The picture in the README: a frame of the console as a colour SVG, written from the same buffer that a terminal gets.
//! `RISKDESK_UPDATE=1 cargo test --test it picture` writes it anew.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/console.svg");
/// Size of a cell, in pixels.
const CELL: (usize, usize) = (8, 17);
const PAPER: &str = "#16181d";
const INK: &str = "#d5d8df";

fn shown(color: Color) -> Option<String> {
    Some(match color {
        Color::Reset => return None,
        Color::Black => "#16181d".into(),
        Color::Red => "#e06c75".into(),
        Color::Green => "#98c379".into(),
        Color::Yellow => "#e5c07b".into(),
        Color::Blue => "#61afef".into(),
        Color::Magenta => "#c678dd".into(),
        Color::Cyan => "#56b6c2".into(),
        Color::LightRed => "#ff7b86".into(),
        Color::LightGreen => "#b5e890".into(),
        Color::LightYellow => "#ffd68a".into(),
        Color::LightBlue => "#8cc8ff".into(),
        Color::LightMagenta => "#e0a0f5".into(),
        Color::LightCyan => "#7fdbe6".into(),
        Color::Gray => "#abb2bf".into(),
        Color::DarkGray => "#5c6370".into(),
        Color::White => "#ffffff".into(),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(n) => panic!("colour {n} has no place in a theme"),
    })
}

/// How a cell is painted: its background, and what its text is written with.
fn look(buffer: &Buffer, x: u16, y: u16) -> (Option<String>, String) {
    let style = buffer[(x, y)].style();
    let has = |m| style.add_modifier.contains(m);
    let mut ink = style.fg.and_then(shown).unwrap_or_else(|| INK.into());
    let mut paper = style.bg.and_then(shown);
    if has(Modifier::REVERSED) {
        (paper, ink) = (Some(ink), paper.unwrap_or_else(|| PAPER.into()));
    }
    let mut words = format!("fill=\"{ink}\"");
    for (modifier, word) in [
        (Modifier::DIM, " opacity=\".6\""),
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
    ] {
        if has(modifier) {
            words += word;
        }
    }
    (paper, words)
}

fn svg(buffer: &Buffer) -> String {
    let (width, height) = (buffer.area.width, buffer.area.height);
    let (w, h) = (usize::from(width) * CELL.0, usize::from(height) * CELL.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\">\n\
         <title>riskdesk: clients, projects, findings and the queue</title>\n\
         <rect width=\"{0}\" height=\"{1}\" rx=\"8\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"13\" xml:space=\"preserve\">\n",
        w + 24,
        h + 24
    );
    for y in 0..height {
        let mut x = 0;
        while x < width {
            let style = look(buffer, x, y);
            let (from, mut text) = (x, String::new());
            while x < width && look(buffer, x, y) == style {
                text += buffer[(x, y)].symbol();
                x += 1;
            }
            let (left, top) = (12 + usize::from(from) * CELL.0, 12 + usize::from(y) * CELL.1);
            let wide = usize::from(x - from) * CELL.0;
            let (paper, ink) = style;
            if let Some(paper) = paper {
                out += &format!(
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{}\" fill=\"{paper}\"/>\n",
                    CELL.1
                );
            }
            if text.trim().is_empty() {
                continue;
            }
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            // Its length is told, so that every font stands in the same columns.
            out += &format!(
                "<text x=\"{left}\" y=\"{}\" textLength=\"{wide}\" {ink}>{text}</text>\n",
                top + 13
            );
        }
    }
    out + "</g>\n</svg>\n"
}

/// A morning at an agency.
fn morning() -> Harness {
    let mut desk = Harness::with_theme(132, 34, "terminal").signed_in(Role::Admin);
    let people = ["Mara Lindgren", "Jonas Weber", "Priya Nair"];
    let person = |n: usize| PersonRef {
        id: UserId(Uuid::from_u128(20 + n as u128)),
        name: people[n % 3].into(),
        email: "somebody@agency.test".into(),
    };
    let names = [
        ("corvane", "Corvane Payments", [0, 13, 20, 0]),
        ("harbourlight", "Harbourlight Hotels", [1, 31, 35, 2]),
        ("lindqvist", "Lindqvist & Ost Outfitters", [11, 13, 21, 4]),
        ("meadowbrook", "Meadowbrook Clinics", [2, 17, 30, 11]),
        ("northfell", "Northfell Hosting", [0, 15, 30, 0]),
        ("polder-finch", "Polder & Finch Insurance", [4, 9, 23, 2]),
        ("tarn", "Tarn Freight Logistics", [0, 19, 7, 0]),
        ("velden", "Velden Waterworks", [0, 2, 9, 22]),
    ];
    let of = |n: usize| reference(n as u128, names[n].0, names[n].1);
    let clients: Vec<_> = (0..names.len())
        .map(|n| {
            let [critical, high, medium, low] = names[n].2;
            let mut client = client(n as u128, names[n].0, names[n].1);
            client.open_findings = SeverityCounts {
                critical,
                high,
                medium,
                low,
                info: 0,
            };
            client
        })
        .collect();
    let projects = [
        ("P-8MH2", "Appointment stack", 3),
        ("P-N4RA", "Booking API", 1),
        ("P-CC5Y", "Build pipelines", 6),
        ("P-8DD8", "Claims containers", 5),
        ("P-YEF9", "Merchant dashboard", 0),
        ("P-K94B", "Meter gateway firmware", 7),
        ("P-21EC", "Server playbooks", 4),
        ("P-1A29", "Webshop checkout", 2),
    ];
    let projects: Vec<_> = (0..)
        .zip(projects)
        .map(|(n, (key, name, client))| project(n, key, name, Some(of(client))))
        .collect();
    use Severity::{Critical, High, Low, Medium};
    use Status::{InProgress, NotFixed, Open, PendingVerification};
    let rows = [
        (
            "F-W7Z4QG",
            "SQL statement is put together from strings",
            2,
            Critical,
            PendingVerification,
            Lane::Verify,
        ),
        (
            "F-715H59",
            "Settlement files are readable by everybody",
            0,
            High,
            PendingVerification,
            Lane::Verify,
        ),
        (
            "F-D2KVK9",
            "Order lookup answers for other customers",
            2,
            Critical,
            Open,
            Lane::Reply,
        ),
        (
            "F-SM1HAJ",
            "Debugging is enabled in the release build",
            3,
            Critical,
            NotFixed,
            Lane::Back,
        ),
        (
            "F-T3SH46",
            "Session cookie without the Secure attribute",
            1,
            Medium,
            NotFixed,
            Lane::Back,
        ),
        (
            "F-TCFE30",
            "External entities are expanded",
            1,
            High,
            Open,
            Lane::Overdue,
        ),
        (
            "F-9JQBP1",
            "Certificate checks are switched off",
            0,
            High,
            InProgress,
            Lane::Overdue,
        ),
        (
            "F-C2BTEX",
            "Host control socket is mounted",
            5,
            Critical,
            InProgress,
            Lane::DueSoon,
        ),
        (
            "F-X5Z4QC",
            "Workflow runs code of a pull request",
            6,
            High,
            Open,
            Lane::New,
        ),
        (
            "F-MSCQH2",
            "Telnet is offered on the jump host",
            7,
            Low,
            Open,
            Lane::New,
        ),
    ];
    let findings: Vec<_> = (0..)
        .zip(rows)
        .map(|(n, (key, title, client, severity, status, lane))| {
            let mut finding = finding(n, key, title, severity, status);
            finding.client = Some(of(client));
            finding.assignee = (n % 3 != 2).then(|| person(n as usize));
            finding.seen_in_latest = true;
            finding.triaged_at = Some(NOON);
            finding.occurrence_count = 1 + (n as i64 * 7) % 5;
            finding.due_at = Some(NOON.plus_days(match lane {
                Lane::Overdue | Lane::Back => -3 - n as i64,
                _ => 2 + n as i64,
            }));
            (finding, lane)
        })
        .collect();
    let items: Vec<_> = findings
        .iter()
        .map(|(finding, lane)| QueueItem {
            lane: *lane,
            clock: finding.due_at.map(|due_at| Clock {
                kind: if *lane == Lane::Verify {
                    ClockKind::Verification
                } else {
                    ClockKind::Remediation
                },
                due_at,
            }),
            holder: None,
            finding: finding.clone(),
        })
        .collect();
    let findings: Vec<_> = findings.into_iter().map(|(finding, _)| finding).collect();
    let lanes = LaneCounts {
        lanes: Lane::ALL
            .into_iter()
            .map(|lane| LaneCount {
                lane,
                count: items.iter().filter(|i| i.lane == lane).count() as i64,
            })
            .collect(),
    };
    loop {
        if desk.call::<ListClients>().is_some() {
            desk.reply::<ListClients>(page(clients.clone()));
        } else if desk.call::<ListProjects>().is_some() {
            desk.reply::<ListProjects>(page(projects.clone()));
        } else if desk.call::<ListFindings>().is_some() {
            desk.reply::<ListFindings>(page(findings.clone()));
        } else if desk.call::<ListQueue>().is_some() {
            desk.reply::<ListQueue>(page(items.clone()));
        } else if desk.call::<CountLanes>().is_some() {
            desk.reply::<CountLanes>(lanes.clone());
        } else {
            return desk;
        }
    }
}

#[test]
fn the_picture_in_the_readme_is_what_the_console_draws() {
    let mut desk = morning();
    desk.press("4j");
    let drawn = svg(desk.draw());
    assert!(
        drawn.contains("Corvane Payments") && drawn.contains("verify"),
        "{}",
        desk.screen()
    );
    if std::env::var_os("RISKDESK_UPDATE").is_some() {
        std::fs::write(FILE, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        kept == drawn,
        "assets/console.svg is not what the console draws; look, then: RISKDESK_UPDATE=1 cargo test --test it picture\n{}",
        desk.screen()
    );
}
