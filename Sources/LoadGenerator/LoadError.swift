// Why no load could be generated, in one sentence. What goes wrong under load is counted in the report instead.

package struct LoadError: Error, Equatable, CustomStringConvertible {
    package enum Cause: String, Sendable, Codable {
        case addressUnusable, filesUnusable, unreachable, setupFailed, outOfResources, interrupted
        /// The workload can't be shared by so many generators; or one of them is gone.
        case unshareable, partLost
        /// What the run should leave behind can't be written.
        case fileUnwritable
    }

    package let cause: Cause
    package let description: String

    package init(_ cause: Cause, _ description: String) {
        self.cause = cause
        self.description = description
    }
}

/// The protocol's name of an error code, for counts by class.
func errorName(_ code: Int32) -> String {
    switch code {
    case -1: "system_error"
    case -2: "runtime_inconsistency"
    case -3: "data_inconsistency"
    case -4: "connection_loss"
    case -5: "marshalling_error"
    case -6: "unimplemented"
    case -7: "no_reply"
    case -8: "bad_arguments"
    case -101: "no_node"
    case -102: "no_auth"
    case -103: "bad_version"
    case -108: "no_children_for_ephemerals"
    case -110: "node_exists"
    case -111: "not_empty"
    case -112: "session_expired"
    case -114: "invalid_acl"
    case -115: "auth_failed"
    case -118: "session_moved"
    case -119: "not_read_only"
    case -125: "quota_exceeded"
    case -127: "throttled"
    default: "error_\(code)"
    }
}

extension RequestKind {
    /// Whether a server in order may answer such a request with this error: the load never names a version, so it can't be
    /// a wrong one, and what exists already is no obstacle to a set.
    func mayFail(with code: Int32) -> Bool {
        switch code {
        // whoever plays a trace asks for what its clients asked for
        case _ where self == .replayed: code < 0 && !errorName(code).hasPrefix("error_")
        // What was laid out stays; only what others take away, or what goes with its session, may be missing.
        case ClientError.noNode: self == .takeGet || self == .takeDelete || self == .delete
        case ClientError.nodeExists: self == .create || self == .setupCreate
        case -108, -114: self == .create || self == .enqueue || self == .setupCreate || self == .lockCreate || self == .publish
        case -111: self == .delete || self == .takeDelete || self == .lockDelete || self == .publishDelete || self == .taskDelete
        case -103: false
        // no server has a reason to say what the protocol has no name for
        default: code < 0 && !errorName(code).hasPrefix("error_")
        }
    }
}

/// Codes that have a meaning for the load.
enum ClientError {
    static let connectionLoss: Int32 = -4
    static let noReply: Int32 = -7
    static let noNode: Int32 = -101
    static let nodeExists: Int32 = -110
    static let notEmpty: Int32 = -111
}
