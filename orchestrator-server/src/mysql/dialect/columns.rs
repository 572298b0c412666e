//! Names of the replica status columns in both vocabularies. Looked up without regard to case,
//! because servers write `Get_Source_public_key` and manuals `Get_source_public_key`.

/// The columns that differ between the vocabularies.
#[derive(Debug)]
#[allow(missing_docs, reason = "each field is named after what the column holds")]
pub struct StatusColumns {
    pub channel: &'static str,
    pub host: &'static str,
    pub port: &'static str,
    pub user: &'static str,
    pub uuid: &'static str,
    pub io_running: &'static str,
    pub sql_running: &'static str,
    pub io_activity: &'static str,
    pub sql_activity: &'static str,
    pub read_file: &'static str,
    pub read_pos: &'static str,
    pub exec_file: &'static str,
    pub exec_pos: &'static str,
    pub seconds_behind: &'static str,
    pub tls_allowed: &'static str,
    pub tls_ca_file: &'static str,
    pub tls_ca_path: &'static str,
    pub tls_cert: &'static str,
    pub tls_cipher: &'static str,
    pub tls_crl_file: &'static str,
    pub tls_crl_path: &'static str,
    pub tls_key: &'static str,
    pub tls_verify: &'static str,
    pub tls_version: &'static str,
    pub tls_ciphersuites: &'static str,
    pub public_key_path: &'static str,
    pub get_public_key: &'static str,
}

/// MySQL and Percona Server from 8.0.23 on.
pub static MODERN_COLUMNS: StatusColumns = StatusColumns {
    channel: "Channel_Name",
    host: "Source_Host",
    port: "Source_Port",
    user: "Source_User",
    uuid: "Source_UUID",
    io_running: "Replica_IO_Running",
    sql_running: "Replica_SQL_Running",
    io_activity: "Replica_IO_State",
    sql_activity: "Replica_SQL_Running_State",
    read_file: "Source_Log_File",
    read_pos: "Read_Source_Log_Pos",
    exec_file: "Relay_Source_Log_File",
    exec_pos: "Exec_Source_Log_Pos",
    seconds_behind: "Seconds_Behind_Source",
    tls_allowed: "Source_SSL_Allowed",
    tls_ca_file: "Source_SSL_CA_File",
    tls_ca_path: "Source_SSL_CA_Path",
    tls_cert: "Source_SSL_Cert",
    tls_cipher: "Source_SSL_Cipher",
    tls_crl_file: "Source_SSL_Crl",
    tls_crl_path: "Source_SSL_Crlpath",
    tls_key: "Source_SSL_Key",
    tls_verify: "Source_SSL_Verify_Server_Cert",
    tls_version: "Source_TLS_Version",
    tls_ciphersuites: "Source_TLS_Ciphersuites",
    public_key_path: "Source_public_key_path",
    get_public_key: "Get_Source_public_key",
};

/// Older MySQL and Percona Server, and MariaDB (whose channel column is `Connection_name`).
pub static LEGACY_COLUMNS: StatusColumns = StatusColumns {
    channel: "Channel_Name",
    host: "Master_Host",
    port: "Master_Port",
    user: "Master_User",
    uuid: "Master_UUID",
    io_running: "Slave_IO_Running",
    sql_running: "Slave_SQL_Running",
    io_activity: "Slave_IO_State",
    sql_activity: "Slave_SQL_Running_State",
    read_file: "Master_Log_File",
    read_pos: "Read_Master_Log_Pos",
    exec_file: "Relay_Master_Log_File",
    exec_pos: "Exec_Master_Log_Pos",
    seconds_behind: "Seconds_Behind_Master",
    tls_allowed: "Master_SSL_Allowed",
    tls_ca_file: "Master_SSL_CA_File",
    tls_ca_path: "Master_SSL_CA_Path",
    tls_cert: "Master_SSL_Cert",
    tls_cipher: "Master_SSL_Cipher",
    tls_crl_file: "Master_SSL_Crl",
    tls_crl_path: "Master_SSL_Crlpath",
    tls_key: "Master_SSL_Key",
    tls_verify: "Master_SSL_Verify_Server_Cert",
    tls_version: "Master_TLS_Version",
    tls_ciphersuites: "Master_TLS_Ciphersuites",
    public_key_path: "Master_public_key_path",
    get_public_key: "Get_master_public_key",
};

/// MariaDB's name for the channel column.
pub const MARIADB_CHANNEL: &str = "Connection_name";

/// The columns whose being filled means that a replication filter is set. The domain filters
/// are MariaDB's.
pub const FILTER_COLUMNS: &[&str] = &[
    "Replicate_Do_DB",
    "Replicate_Ignore_DB",
    "Replicate_Do_Table",
    "Replicate_Ignore_Table",
    "Replicate_Wild_Do_Table",
    "Replicate_Wild_Ignore_Table",
    "Replicate_Do_Domain_Ids",
    "Replicate_Ignore_Domain_Ids",
];
