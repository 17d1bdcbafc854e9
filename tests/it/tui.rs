//! The console under the harness: keys in, calls answered by hand, the screen out as text. Frozen clock, no network.

use riskdesk::api::agency::SeverityCounts;
use riskdesk::api::client::{Client, CreateClient, EditClient, ListClients};
use riskdesk::api::comment::{AddComment, Comment, ListComments};
use riskdesk::api::event::{Event, Topic};
use riskdesk::api::finding::{
    CvssRating, EditFinding, ExplainFinding, Explanation, Finding, FindingDetail, HistoryEntry, LegalMove,
    ListFindings, ListHistory, ListOccurrences, MoveFinding, Occurrence, ReleaseFinding, ShowFinding, TriageFinding,
};
use riskdesk::api::problem::{Code, Problem};
use riskdesk::api::project::{AssignProjects, Assignment, Badge, Badges, ListProjects, Project, ProjectMove};
use riskdesk::api::queue::{
    Clock, ClockKind, CountLanes, Holder, LaneCount, LaneCounts, ListQueue, QueueItem, TakeFinding, TakeNext, Taken,
};
use riskdesk::api::{Page, PersonRef, Ref};
use riskdesk::domain::access::{AgencyAccess, Audience, ClientState, Role};
use riskdesk::domain::id::{ClientId, CommentId, FindingId, OccurrenceId, ProjectId, UserId};
use riskdesk::domain::lane::Lane;
use riskdesk::domain::severity::Severity;
use riskdesk::domain::status::Status;
use riskdesk::remote::Incoming;
use riskdesk::tui::effect::Fault;
use riskdesk::tui::harness::{Harness, NOON};
use uuid::Uuid;

mod samples;
use samples::*;

mod correct;
mod desk;
mod findings;
mod forms;
mod hostile;
mod imports;
mod instant;
mod keys;
mod layers;
mod lists;
mod many;
mod overview;
mod picture;
mod sheets;
