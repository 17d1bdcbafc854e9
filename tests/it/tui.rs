//! The console under the harness: keys in, calls answered by hand, the screen out as text. Frozen clock, no network.

use riskdesk::api::Page;
use riskdesk::api::agency::SeverityCounts;
use riskdesk::api::client::{Client, CreateClient, EditClient, ListClients};
use riskdesk::api::problem::{Code, Problem};
use riskdesk::api::project::{AssignProjects, Assignment, Badge, Badges, ListProjects, Project, ProjectMove};
use riskdesk::api::{PersonRef, Ref};
use riskdesk::domain::access::{AgencyAccess, ClientState, Role};
use riskdesk::domain::id::{ClientId, ProjectId, UserId};
use riskdesk::remote::Incoming;
use riskdesk::tui::effect::Fault;
use riskdesk::tui::harness::Harness;
use uuid::Uuid;

mod samples;
use samples::*;

mod desk;
mod forms;
