// The error codes of reply headers and multi results. Clients throw on numbers they do not know, so none is invented here.

package enum ErrorCode {
    @inlinable package static var ok: Int32 { 0 }
    @inlinable package static var systemError: Int32 { -1 }
    @inlinable package static var runtimeInconsistency: Int32 { -2 }
    @inlinable package static var marshallingError: Int32 { -5 }
    @inlinable package static var unimplemented: Int32 { -6 }
    @inlinable package static var badArguments: Int32 { -8 }
    @inlinable package static var newConfigNoQuorum: Int32 { -13 }
    @inlinable package static var reconfigInProgress: Int32 { -14 }
    @inlinable package static var noNode: Int32 { -101 }
    @inlinable package static var noAuth: Int32 { -102 }
    @inlinable package static var badVersion: Int32 { -103 }
    @inlinable package static var noChildrenForEphemerals: Int32 { -108 }
    @inlinable package static var nodeExists: Int32 { -110 }
    @inlinable package static var notEmpty: Int32 { -111 }
    @inlinable package static var sessionExpired: Int32 { -112 }
    @inlinable package static var invalidACL: Int32 { -114 }
    @inlinable package static var authFailed: Int32 { -115 }
    /// Never sent to a client: the server closes the connection instead.
    @inlinable package static var sessionMoved: Int32 { -118 }
    @inlinable package static var notReadOnly: Int32 { -119 }
    @inlinable package static var noWatcher: Int32 { -121 }
    @inlinable package static var reconfigDisabled: Int32 { -123 }
    @inlinable package static var sessionClosedRequireAuth: Int32 { -124 }
    @inlinable package static var quotaExceeded: Int32 { -125 }
    @inlinable package static var throttledOp: Int32 { -127 }
}
