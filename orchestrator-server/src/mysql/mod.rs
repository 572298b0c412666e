//! Everything that knows MySQL and MariaDB: what a server says about itself, the seam through
//! which the rest speaks to servers, the live driver, the SQL dialects, and the model fleet.

pub mod control;
pub mod dialect;
pub mod driver;
pub mod live;
pub mod sim;
pub mod state;
