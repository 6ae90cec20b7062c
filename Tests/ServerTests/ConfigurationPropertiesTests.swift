// The rules of a Java properties file, one by one.

import Server
import Testing

@Suite struct ConfigurationPropertiesTests {
    private func pairs(_ text: String) -> [String] {
        ConfigurationProperties(text: text, file: "f").entries.map { "\($0.line) \($0.key)|\($0.value)" }
    }

    @Test func separatorsAreEqualsColonAndBlank() {
        #expect(pairs("a=1\nb:2\nc 3\nd = 4\ne\t:  5\nf") == ["1 a|1", "2 b|2", "3 c|3", "4 d|4", "5 e|5", "6 f|"])
    }

    @Test func onlyTheFirstSeparatorSeparates() {
        #expect(pairs("server.1=h:2888:3888\na==b\na = = b") == ["1 server.1|h:2888:3888", "2 a|=b", "3 a|= b"])
    }

    @Test func commentsAndEmptyLinesAreSkippedButCounted() {
        #expect(pairs("# one\n\n  ! two\n \t\n a=1 # no comment") == ["5 a|1 # no comment"])
    }

    @Test func aBackslashAtTheEndContinuesTheLineWithoutItsIndentation() {
        #expect(pairs("a=1,\\\n    2,\\\n\t3\nb=4") == ["1 a|1,2,3", "4 b|4"])
        #expect(pairs("a=1\\\\\nb=2") == ["1 a|1\\", "2 b|2"])
        #expect(pairs("a=1\\\n# 2") == ["1 a|1# 2"])
        #expect(pairs("a=1\\") == ["1 a|1"])
    }

    @Test func everyEndOfLineCountsOnce() {
        #expect(pairs("a=1\r\nb=2\rc=3\n\r\nd=4") == ["1 a|1", "2 b|2", "3 c|3", "5 d|4"])
    }

    @Test func escapesStandForCharacters() {
        #expect(pairs(#"a\ b\=c=\u0041\t\z\\"#) == ["1 a b=c|A\tz\\"])
        #expect(pairs("path=/t\u{e4}st") == ["1 path|/t\u{e4}st"])
    }

    @Test func valuesAreTrimmedAtBothEnds() {
        #expect(pairs("a=  x y \t ") == ["1 a|x y"])
    }

    @Test(arguments: [#"a=\u12"#, #"a=\u12x4"#, #"a=\ud800"#, #"\u=1"#])
    func aBrokenUnicodeEscapeIsNamedWithItsLine(_ line: String) {
        let properties = ConfigurationProperties(text: "ok=1\n" + line, file: "f")
        #expect(properties.entries.count == 1)
        #expect(properties.problems.map(\.line) == [2])
        #expect(properties.problems[0].remedy.contains("UTF-8"))
    }
}
