package io.trilith.query.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import io.trilith.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class JsonWriterTest {
  @Test
  void writesNestedValuesWithCommas() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    json.beginObject().name("a").beginArray().value(1).value("x\"\\\n<").value(true).endArray();
    json.name("b").beginObject().endObject().name("c").raw("1.5").endObject().flush();
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo("{\"a\":[1,\"x\\\"\\\\\\n\\u003c\",true],\"b\":{},\"c\":1.5}");
  }

  @Test
  void anyTextReadsBack() throws IOException {
    SplittableRandom random = Seeds.random("JsonWriterTest");
    for (int i = 0; i < Seeds.iterations(500); i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(50); j > 0; j--) {
        int c = random.nextInt(random.nextBoolean() ? 0x80 : 0x20000);
        text.appendCodePoint(c >= 0xd800 && c < 0xe000 ? 'x' : c);
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      JsonWriter json = new JsonWriter(bytes);
      json.value(text.toString()).flush();
      try (JsonParser parser = new JsonFactory().createParser(bytes.toByteArray())) {
        parser.nextToken();
        assertThat(parser.getText()).isEqualTo(text.toString());
      }
    }
  }
}
