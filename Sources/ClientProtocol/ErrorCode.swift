// The error codes of reply headers and multi results. Clients throw on numbers they do not know, so none is invented here.

package enum ErrorCode {
    package static let ok: Int32 = 0
    package static let systemError: Int32 = -1
    package static let runtimeInconsistency: Int32 = -2
    package static let marshallingError: Int32 = -5
    package static let unimplemented: Int32 = -6
    package static let badArguments: Int32 = -8
    package static let newConfigNoQuorum: Int32 = -13
    package static let reconfigInProgress: Int32 = -14
    package static let noNode: Int32 = -101
    package static let noAuth: Int32 = -102
    package static let badVersion: Int32 = -103
    package static let noChildrenForEphemerals: Int32 = -108
    package static let nodeExists: Int32 = -110
    package static let notEmpty: Int32 = -111
    package static let sessionExpired: Int32 = -112
    package static let invalidACL: Int32 = -114
    package static let authFailed: Int32 = -115
    /// Never sent to a client: the server closes the connection instead.
    package static let sessionMoved: Int32 = -118
    package static let notReadOnly: Int32 = -119
    package static let noWatcher: Int32 = -121
    package static let reconfigDisabled: Int32 = -123
    package static let sessionClosedRequireAuth: Int32 = -124
    package static let quotaExceeded: Int32 = -125
    package static let throttledOp: Int32 = -127
}
