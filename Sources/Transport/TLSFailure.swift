// Turns libssl's errors into one sentence that names the cause and, where there is one, the remedy.

import COpenSSL

enum TLSFailure {
    /// What libssl's error queue says, for failures that have no sentence of their own. Empties the queue.
    static func libraryText() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        return code == 0 ? "no reason given" : reasonText(code)
    }

    private static func reasonText(_ code: UInt) -> String {
        ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
    }

    /// Why the last call of the stream failed. Our own check of the peer's certificate comes first: it knows most.
    static func reason(of stream: TLSStream, inHandshake: Bool) -> CloseReason {
        let code = ERR_peek_error()
        ERR_clear_error()
        let library = quorate_err_library(code)
        let reason = quorate_err_reason(code)
        guard library == ERR_LIB_SSL else {
            return CloseReason(
                inHandshake ? .handshakeFailed : .tlsFailed, "TLS failed: \(code == 0 ? "no reason given" : reasonText(code)).")
        }
        if reason == SSL_R_CERTIFICATE_VERIFY_FAILED { return certificateReason(stream) }
        if reason >= SSL_AD_REASON_OFFSET {
            return CloseReason(.refusedByPeer, alertText(reason - SSL_AD_REASON_OFFSET))
        }
        let kind: CloseReason.Kind = inHandshake ? .handshakeFailed : .tlsFailed
        switch reason {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return CloseReason(kind, "The peer showed no certificate, and mutual TLS requires one.")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_WRONG_SSL_VERSION:
            let least = stream.context.configuration.minimumVersion == .v13 ? "TLS 1.3" : "TLS 1.2"
            return CloseReason(kind, "The peer offers no TLS version that is allowed here; \(least) is the least.")
        case SSL_R_NO_SHARED_CIPHER:
            return CloseReason(kind, "The peer offers no cipher suite that is allowed here.")
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_BAD_RECORD_TYPE:
            return CloseReason(kind, "What the peer sent is not TLS.")
        case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
            return CloseReason(kind, "A TLS record was damaged on its way: its authentication code is wrong.")
        default:
            return CloseReason(kind, "TLS failed: \(reasonText(code)).")
        }
    }

    private static func certificateReason(_ stream: TLSStream) -> CloseReason {
        guard let objection = stream.objection else {
            return CloseReason(.certificateRefused, "The peer's certificate was not accepted.")
        }
        let authority = stream.context.configuration.authorityFile ?? "no authority"
        var whose = objection.peer
        let why: String
        switch objection.error {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            whose = objection.culprit
            why = "expired at \(objection.end); renew it"
        case X509_V_ERR_CERT_NOT_YET_VALID:
            whose = objection.culprit
            why = "is not valid before \(objection.beginning); check the clocks"
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            why = "does not name the host '\(stream.expectedHost ?? "")' that was expected"
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            why = "was not issued by an authority in \(authority) (unknown or wrong CA)"
        default:
            why = "was not accepted: \(String(cString: X509_verify_cert_error_string(Int(objection.error))))"
        }
        return CloseReason(.certificateRefused, "The peer's certificate \(whose) \(why).")
    }

    private static func alertText(_ alert: Int32) -> String {
        switch alert {
        case SSL_AD_UNKNOWN_CA:
            return "The peer refused our certificate: it does not know the authority that issued it (unknown or wrong CA)."
        case SSL_AD_CERTIFICATE_EXPIRED:
            return "The peer refused our certificate: by its clock it is expired or not valid yet."
        case SSL_AD_BAD_CERTIFICATE, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED:
            return "The peer refused our certificate (\(alertName(alert))): the peer's own log names the cause, "
                + "often a host name that the certificate lacks."
        case TLS13_AD_CERTIFICATE_REQUIRED:
            return "The peer requires a certificate from us, and none is configured."
        case SSL_AD_PROTOCOL_VERSION:
            return "The peer does not accept the TLS versions that are offered here."
        case SSL_AD_HANDSHAKE_FAILURE:
            return "The peer found no cipher suite or certificate that it accepts (handshake failure)."
        default:
            return "The peer ended the TLS connection: \(alertName(alert))."
        }
    }

    private static func alertName(_ alert: Int32) -> String { String(cString: SSL_alert_desc_string_long(alert)) }
}
