package io.trilith.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.InvalidRequestException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
  private static final Map<String, String> LABELS =
      Map.of(
          "s",
          "hello world",
          "n",
          "12",
          "f",
          "3.75",
          "epoch",
          "1700000123",
          "u",
          "héllo☃",
          "js",
          "{\"k\":[{\"q\":\"one\"},{\"q\":\"two\"}],\"v\":55}");

  private static String run(String template) throws TemplateException {
    return Template.parse("line", template).execute(LABELS, "the line", 5_000_000_000L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "{{.s}}~hello world",
        "a{{- \" b \" -}}c~a b c",
        "{{/* c */}}kept~kept",
        "{{.nosuch}}|~|",
        "{{__line__}} {{__timestamp__ | unixEpoch}}~the line 5",
        "{{if eq .n \"12\"}}yes{{else}}no{{end}}~yes",
        "{{if .x}}a{{else if .n}}b{{else}}c{{end}}~b",
        "{{with $v := .n}}{{$v}}{{end}}~12",
        "{{range $i, $e := (fromJson .js).k}}{{$i}}={{.q}};{{end}}~0=one;1=two;",
        "{{range (fromJson .js).k}}{{if eq .q \"two\"}}{{break}}{{end}}{{.q}}{{end}}~one",
        "{{range (fromJson \"[]\")}}x{{else}}none{{end}}~none",
        "{{define \"t\"}}<{{.}}>{{end}}{{template \"t\" .n}}~<12>",
        "{{block \"b\" .n}}[{{.}}]{{end}}~[12]",
        "{{trunc 5 .s}}|{{trunc -5 .s}}|{{substr 1 3 .s}}~hello|world|el",
        "{{alignLeft 7 .u}}|{{alignRight 3 .u}}~héllo☃ |lo☃",
        "{{add .n 1}} {{sub 5 2}} {{mul 4 3 7}} {{div 10 3}} {{mod 10 3}}~13 3 84 3 1",
        "{{divf 10 2 4}} {{addf 1.5 2}} {{round 3.14159 2}} {{max 1 5 3}}~1.25 3.5 3.14 5",
        "{{bytes \"1.5MB\"}} {{duration \"1m30s\"}}~1.5e+06 90",
        "{{printf \"%s-%05d-%.2f|%-4d|%q\" .s (int .n) (float64 .f) 7 \"x\"}}~hello world-00012-3.75|7   |\"x\"",
        "{{printf \"%d\" .s}}~%!d(string=hello world)",
        "{{date \"2006-01-02T15:04:05Z07:00\" (unixToTime .epoch)}}~2023-11-14T22:15:23Z",
        "{{toDateInZone \"2006-01-02 15:04\" \"Europe/Paris\" \"2023-07-01 12:00\" | unixEpoch}}~1688205600",
        "{{regexReplaceAll \"(w)(o)\" .s \"${2}$1\"}}~hello owrld",
        "{{count \"l\" .s}} {{len .u}} {{index (fromJson .js).k 1}}~3 9 map[q:two]",
        "{{default \"x\" .nosuch}} {{b64enc \"hello\"}} {{b64dec \"aGVsbG8\"}}~x aGVsbG8= hello",
        "{{fromJson \"bad\"}}~<no value>",
        "{{and .n .s}} {{or .x .n}} {{not .x}}~hello world 12 true",
        "{{gt (int .n) 10}} {{le 3 2}} {{ne \"a\" \"b\"}}~true false true",
        "{{title \"ab cd\"}} {{.s | replace \"o\" \"0\" | upper}}~Ab Cd HELL0 W0RLD",
        "{{int \"3.7\"}} {{int \"-.9\"}} {{int \"+4.5\"}} {{int \"1.2.3\"}} {{int \"1e3\"}}~3 0 4 0 0",
        "{{int \"0x10\"}} {{int \"0b11\"}} {{int \"0o17\"}} {{int \"017\"}} {{int \"--1\"}}~16 3 15 15 0",
        "{{html \"<b>\"}} {{urlquery \"a b\"}} {{js \"it's\"}}~&lt;b&gt; a+b it\\'s"
      })
  void evaluates(String template, String expected) throws Exception {
    assertThat(run(template)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{",
        "{{.a",
        "{{end}}",
        "{{if .a}}",
        "{{nofunc}}",
        "{{$x}}",
        "{{break}}",
        "{{(.a}}",
        "{{.a |}}",
        "{{\"open}}",
        "{{/* open",
        "{{template}}",
        "{{if}}x{{end}}"
      })
  void refusesWhatIsNoTemplate(String template) {
    assertThatThrownBy(() -> Template.parse("line", template))
        .isInstanceOf(InvalidRequestException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{div 1 0}}",
        "{{repeat 1000000000 \"a\"}}",
        "{{repeat 10000 (repeat 10000 \"a\")}}",
        "{{alignLeft 1000000000 \"a\"}}",
        "{{indent 1000000000 \"a\"}}",
        "{{printf \"%999999999d\" 1}}",
        "{{define \"x\"}}{{template \"x\" .}}{{end}}{{template \"x\" .}}",
        "{{range 1000000000}}x{{end}}",
        "{{range 40000}}{{repeat 1000 \"a\"}}{{end}}",
        "{{$a := repeat 1000 \"x\"}}{{replace \"x\" (repeat 100000 \"y\") $a}}",
        "{{call .s}}",
        "{{eq .n 12}}",
        "{{.s.x}}",
        "{{regexReplaceAll \"(\" .s \"x\"}}"
      })
  void failsWithinItsBounds(String template) {
    assertThatThrownBy(() -> run(template)).isInstanceOf(TemplateException.class);
  }

  @Test
  void refusesDeepNesting() {
    String ifs = "{{if .a}}".repeat(10_000);
    assertThatThrownBy(() -> Template.parse("line", ifs)).hasMessageContaining("deeper");
    String parens = "{{" + "(".repeat(10_000) + "1" + ")".repeat(10_000) + "}}";
    assertThatThrownBy(() -> Template.parse("line", parens)).hasMessageContaining("deeper");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '~',
      value = {
        "{{ div 1 0 }}!line:1:3: executing \"line\" at <div 1 0>: error calling div: ",
        "é{{div  1   0}}!line:1:4: executing \"line\" at <div 1 0>: error calling div: ",
        "{{ add 1 ( div 1 0|add 2 ) }}!line:1:11: executing \"line\" at <div 1 0>: ",
        "{{if eq .n 12}}x{{end}}!line:1:5: executing \"line\" at <eq .n 12>: ",
        "{{define `d`}}{{.s.x}}{{end}}{{template `d` .}}!line:1:16: executing \"d\" at <.s.x>: "
      })
  void errorsSayWhereAsGoDoes(String template, String start) {
    assertThatThrownBy(() -> run(template)).message().startsWith("template: " + start);
  }

  @Test
  void linesAreCountedFromOne() {
    assertThatThrownBy(() -> run("a\n{{.s}}\n x{{ div 1 0 }}"))
        .message()
        .startsWith("template: line:3:6: ");
  }
}
