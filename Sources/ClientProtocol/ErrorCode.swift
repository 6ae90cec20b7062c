// The error codes of reply headers and multi results. Clients throw on numbers they do not know, so none is invented here.

public enum ErrorCode {
    @inlinable public static var ok: Int32 { 0 }
    @inlinable public static var systemError: Int32 { -1 }
    @inlinable public static var runtimeInconsistency: Int32 { -2 }
    @inlinable public static var marshallingError: Int32 { -5 }
    @inlinable public static var unimplemented: Int32 { -6 }
    @inlinable public static var badArguments: Int32 { -8 }
    @inlinable public static var newConfigNoQuorum: Int32 { -13 }
    @inlinable public static var reconfigInProgress: Int32 { -14 }
    @inlinable public static var noNode: Int32 { -101 }
    @inlinable public static var noAuth: Int32 { -102 }
    @inlinable public static var badVersion: Int32 { -103 }
    @inlinable public static var noChildrenForEphemerals: Int32 { -108 }
    @inlinable public static var nodeExists: Int32 { -110 }
    @inlinable public static var notEmpty: Int32 { -111 }
    @inlinable public static var sessionExpired: Int32 { -112 }
    @inlinable public static var invalidACL: Int32 { -114 }
    @inlinable public static var authFailed: Int32 { -115 }
    /// Never sent to a client: the server closes the connection instead.
    @inlinable public static var sessionMoved: Int32 { -118 }
    @inlinable public static var notReadOnly: Int32 { -119 }
    @inlinable public static var noWatcher: Int32 { -121 }
    @inlinable public static var reconfigDisabled: Int32 { -123 }
    @inlinable public static var sessionClosedRequireAuth: Int32 { -124 }
    @inlinable public static var quotaExceeded: Int32 { -125 }
    @inlinable public static var throttledOp: Int32 { -127 }
}
