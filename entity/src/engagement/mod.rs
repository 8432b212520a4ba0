//! Meetings, messages to many schools, consultations and practice that schools and hubs share.

pub mod addressed_recipient;
pub mod communication;
pub mod communication_recipient;
pub mod consultation_response;
pub mod hub_link;
pub mod hub_share;
pub mod meeting;
pub mod practice_opening;
pub mod received_share;
pub mod shared_practice;
pub mod shared_practice_audience;
pub mod stakeholder_group;
