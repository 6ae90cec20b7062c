// The system's own words for an error number, so that every message of the transport names the cause alike.

import Glibc

/// The text of an errno, which may be given negative as CLinux returns it.
func systemErrorText(_ code: Int32) -> String {
    let number = code < 0 ? -code : code
    return "\(String(cString: strerror(number))) (errno \(number))"
}
